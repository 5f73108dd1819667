//! Many threads, many children, and forks at the worst moment.

use super::{called, ends, run, sound};
use crate::common::python;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

#[test]
fn ten_thousand_threads() {
    let script = "import threading
def f(): pass
def work():
    f()
    barrier and barrier.wait()
barrier = None
for _ in range(NUMBER):
    t = threading.Thread(target=work); t.start(); t.join()
barrier = threading.Barrier(1000)
threading.stack_size(64 * 1024)
threads = [threading.Thread(target=work) for _ in range(1000)]
for t in threads: t.start()
for t in threads: t.join()
print('done')
";
    // All of them once; the other backend gets by with fewer.
    for (python, number) in ends().into_iter().zip([9000, 2000]) {
        let (_ground, recorded) = run(python, &[], &script.replace("NUMBER", &number.to_string()));
        let all = number + 1000;
        assert_eq!((recorded.code(), recorded.stdout().as_str()), (0, "done\n"), "{python}: {}", recorded.stderr());
        let trace = sound(&recorded.trace);
        assert_eq!((called(&trace, "__main__.f"), trace.lost()), (all, 0), "{python}");
        assert_eq!(trace.processes()[0].threads().len() as u64, all + 1, "{python}");
        assert!(disk(&recorded.trace) < all * 8192 + 1_000_000, "{python}: {}", disk(&recorded.trace));
    }
}

/// Bytes that a folder takes on the disk.
fn disk(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| {
            let meta = entry.metadata().unwrap();
            if meta.is_dir() { disk(&entry.path()) } else { meta.blocks() * 512 }
        })
        .sum()
}

/// Each takes little on the disk, and a reader needs no descriptor for each.
#[test]
fn a_thousand_short_lived_children() {
    let script = "import os
def f(): pass
for _ in range(50):
    children = []
    for _ in range(20):
        pid = os.fork()
        if not pid:
            f()
            os._exit(3)
        children.append(pid)
    for pid in children: os.waitpid(pid, 0)
print(len(os.listdir('/proc/self/fd')) if os.path.exists('/proc/self/fd') else 0)
";
    for python in ends() {
        let (ground, recorded) = run(python, &[], script);
        assert_eq!(recorded.code(), 0, "{python}: {}", recorded.stderr());
        assert!(recorded.stdout().trim().parse::<u32>().unwrap() < 8, "{python}: descriptors {}", recorded.stdout());
        let trace = sound(&recorded.trace);
        assert_eq!((called(&trace, "__main__.f"), trace.lost()), (1000, 0), "{python}");
        let children = trace.children(trace.root().map(|root| root.ix));
        assert_eq!(children.len(), 1000, "{python}");
        let status = Some(ct_tui::trace::manifest::Exit::Code(3));
        assert!(children.iter().all(|child| child.exit == status), "{python}");
        let each = disk(&recorded.trace) / 1000;
        assert!(each < 48 * 1024, "{python}: {each} bytes for a child");
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n 40; exec \"$0\" stats \"$1\"", env!("CARGO_BIN_EXE_ct-tui")]).arg(&recorded.trace);
        ground.surround(&mut shell);
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

/// Other threads are in the middle of a call, an event, a new stream or a new block when the process is doubled.
#[test]
fn forks_while_other_threads_record() {
    let script = "import os, sys, threading, warnings
warnings.simplefilter('ignore')
def f(): pass
def other(): pass
def churn():
    while not stop.is_set(): other()
def begin():
    while not stop.is_set():
        t = threading.Thread(target=other); t.start(); t.join()
stop = threading.Event()
threads = [threading.Thread(target=it) for it in (churn, churn, begin)]
for t in threads: t.start()
statuses = []
for n in range(40):
    pid = os.fork()
    if not pid:
        for _ in range(10): f()
        inner = os.fork()
        for _ in range(10): f()
        if inner: os.waitpid(inner, 0)
        # A thread of its own, in a process whose other threads are gone.
        t = threading.Thread(target=f); t.start(); t.join()
        os._exit(0)
    statuses.append(os.waitpid(pid, 0)[1])
stop.set()
for t in threads: t.join()
print(set(statuses))
";
    for python in ends() {
        let (_ground, recorded) = run(python, &[], script);
        assert_eq!((recorded.code(), recorded.stdout().as_str()), (0, "{0}\n"), "{python}: {}", recorded.stderr());
        let trace = sound(&recorded.trace);
        // Ten before the inner fork, ten and one after it in both.
        assert_eq!((called(&trace, "__main__.f"), trace.lost()), (40 * (10 + 2 * 11), 0), "{python}");
        assert_eq!(trace.processes().len(), 1 + 2 * 40, "{python}");
    }
}

/// Pools that come and go: every worker is in the trace, whatever starts it.
#[test]
fn worker_pools_come_and_go() {
    let script = "import concurrent.futures, multiprocessing
def work(n): return n * n
if __name__ == '__main__':
    total = 0
    for method in ['fork', 'spawn', 'forkserver']:
        context = multiprocessing.get_context(method)
        for _ in range(2):
            with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
                total += sum(pool.map(work, range(20)))
        with context.Pool(2, maxtasksperchild=3) as pool:
            total += sum(pool.map(work, range(20), chunksize=1))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        total += sum(pool.map(work, range(20)))
    print(total)
";
    let (_ground, recorded) = run(python(), &[], script);
    assert_eq!((recorded.code(), recorded.stdout().as_str()), (0, "24700\n"), "{}", recorded.stderr());
    // `Pool` kills its workers when it is left: never one that works, but maybe one that is still being set up.
    let trace = sound(&recorded.trace);
    assert_eq!((called(&trace, "__main__.work") + called(&trace, "__mp_main__.work"), trace.lost()), (10 * 20, 0));
}
