#!/usr/bin/env python3
"""Makes the picture of the README from a real screen: runs ct-tui on the demo program inside tmux, unfolds a few rows,
and writes what the terminal shows as an SVG.

    cargo build && scripts/screen.py target/debug/ct-tui assets/screen.svg

Needs tmux and a Python 3.10 or newer that ct-tui can record (the one that ct-tui finds by itself).
"""

import html
import os
import re
import subprocess
import sys
import tempfile
import time

COLUMNS, ROWS = 132, 34
CELL, LINE, MARGIN = 8.43, 18, 12
PAPER, INK = "#15181d", "#d4d7dd"
KEYS = ["Down", "Down", "Down", "Down", "Down", "Down", "Down", "Down", "E", "Down", "Down", "Down", "Down", "Down"]
# What the status line says of the call that the last key leads to.
SELECTED = "› one_round ›"


def tmux(*words):
    return subprocess.run(["tmux", "-L", "ct-tui-screen", *words], check=True, capture_output=True, text=True).stdout


def wait_for(text):
    for _ in range(600):
        if text in tmux("capture-pane", "-p"):
            return
        time.sleep(0.05)
    sys.exit(f"waited in vain for {text!r}:\n" + tmux("capture-pane", "-p"))


def capture(program):
    """Records the demo, opens the trace, and returns the screen with its escape sequences."""
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "demo.cttrace")
        subprocess.run([program, "record", "--headless", "-o", trace, "assets/demo/app.py"], check=True, stdout=subprocess.DEVNULL)
        command = f"env TERM=xterm-256color COLORTERM=truecolor CT_TUI_CONFIG= LANG=C.UTF-8 {program} --theme dark open {trace}"
        tmux("-2", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), command)
        try:
            tmux("set-option", "-g", "status", "off")
            wait_for("MainThread")
            for key in KEYS:
                tmux("send-keys", key)
            wait_for(SELECTED)
            return tmux("capture-pane", "-e", "-p")
        finally:
            tmux("kill-server")


def colour(kind, rest):
    """The colour that the numbers behind 38 or 48 stand for."""
    mode = next(rest, None)
    if mode == 2:
        return "#%02x%02x%02x" % (next(rest), next(rest), next(rest))
    next(rest, None)
    return None


def runs(line):
    """Pieces of one line: text, text colour, paper colour, bold."""
    ink, paper, bold = None, None, False
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not code:
            if part:
                yield re.sub(r"\x1b[^m]*?[\\A-Z]|[\x0e\x0f]", "", part), ink, paper, bold
            continue
        numbers = iter(int(number or 0) for number in code.group(1).split(";"))
        for number in numbers:
            if number == 0:
                ink, paper, bold = None, None, False
            elif number == 1:
                bold = True
            elif number == 22:
                bold = False
            elif number == 38:
                ink = colour(number, numbers)
            elif number == 48:
                paper = colour(number, numbers)
            elif number == 39:
                ink = None
            elif number == 49:
                paper = None


def svg(screen):
    width, height = COLUMNS * CELL + 2 * MARGIN, ROWS * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" font-size="14" '
        'font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace">',
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
    ]
    for row, line in enumerate(screen.split("\n")[:ROWS]):
        column, top = 0, MARGIN + row * LINE
        for text, ink, paper, bold in runs(line):
            left, length = MARGIN + column * CELL, len(text) * CELL
            if paper:
                out.append(f'<rect x="{left:.1f}" y="{top}" width="{length:.1f}" height="{LINE}" fill="{paper}"/>')
            if text.strip():
                # Each piece is told its width, so that columns stand whatever font is found.
                weight = ' font-weight="bold"' if bold else ""
                out.append(
                    f'<text x="{left:.1f}" y="{top + 13}" textLength="{length:.1f}" fill="{ink or INK}"{weight} '
                    f'xml:space="preserve">{html.escape(text)}</text>'
                )
            column += len(text)
    return "\n".join([*out, "</svg>", ""])


def main():
    program, target = sys.argv[1:]
    picture = svg(capture(os.path.abspath(program)))
    with open(target, "w", encoding="utf-8") as file:
        file.write(picture)


if __name__ == "__main__":
    main()
