//! The built-in filters, as people meet them: which code is skipped, which names are secrets.

use super::*;
use crate::filter::{Chain, Engine, FrameFacts, ValueAction, ValueKind};
use crate::model::code::Exec;

const ROOT: &str = "/home/u/proj";

fn engine(names: &[&str]) -> Engine {
    let sources: Vec<Source> = names.iter().map(|name| by_name(name, Path::new(ROOT)).unwrap()).collect();
    Chain::compile(&sources).unwrap_or_else(|problems| panic!("{}", crate::diagnostic::one_line(&problems)))
}

fn exec(engine: &Engine, module: &str, path: &str) -> Exec {
    let module = Some(module).filter(|module| !module.is_empty());
    engine.decide(&FrameFacts { module, abs_path: path, qualname: "f" }).exec
}

fn actions(engine: &Engine, name: &str) -> Vec<ValueAction> {
    let facts = FrameFacts { module: None, abs_path: "/home/u/proj/app.py", qualname: "f" };
    let policy = engine.value_policy(&facts);
    ValueKind::ALL.into_iter().map(|kind| policy.action(kind, name)).collect()
}

const SECRET: &str = "
    dbPassword userpassword dbpass pass_phrase SECRET_KEY clientSecret refresh-token csrfToken id_token_hint sessionid
    session_id Set_Cookie auth_header authorization card_number x_api_key APIKEY privatekey ssh-key

    pass passwd pwd password secret token session cookie auth credential credentials creds bearer ssn credit card iban
    cvv cvc pan jwt api_key private_key ssh_key access_key api-key private-key access-key apikey sshkey accesskey

    PASS Pass Passwd PWD Password PASSWORD Secret Token TOKEN Session SESSION Cookie COOKIE Auth AUTH Authorization
    Credential Credentials Creds CREDS Bearer BEARER Ssn SSN Credit Card CARD Iban IBAN Cvv CVV Cvc CVC Pan PAN Jwt JWT
    ApiKey API_KEY PrivateKey PRIVATE_KEY SshKey SSHKey SSH_KEY AccessKey ACCESS_KEY

    accessToken AWS_SECRET_ACCESS_KEY awsSecretAccessKey aws_access_key_id db_password2 passwd1 pass1 password_hash
    passphrase passcode passkey pass_word my-pass DB_PASS dbPass PassPhrase userpass rootpass smtppass ftp_pass
    mypass serverpass senderpass vendorpass teampass postgrespass userspass tokens token2 tokenId token_type cookies
    cookiejar sessions sessionKey session_token dbsession websession httpsession userssession iossession user_session
    requests_session authToken XAuthToken x-auth-token oauth oauth2 OAuth oauth_token authHeader authenticate
    authentication authenticated authorize authorise is_authorized unauthorized proxy_authorization Proxy-Authorization
    WWW-Authenticate basic_auth basicAuth auth_user HTTP_AUTHORIZATION authOrg
    bearerToken bearer_token user_ssn userSsn userSSN userssn ssn_last4 ssnLast4 customer_ssn ssnhash
    credit_card creditCard creditcard creditCardNumber cards cardNumber cardnumber cardno card_no cardholder cardInfo
    cardinfo CardId mycard bankcard debit_card gift_card userCard iban_code userIban ibanNumber customeriban cvv2
    cardCvc pan_number panNumber cardPan card_pan userPAN user_pan masked_pan cardpan userpan pannumber PAN_HASH
    jwtToken jwt_payload my_jwt apiKeys api_keys api__key X-API-Key X-Api-Key xApiKey PRIVATE-KEY private_key_pem
    sshKeyPath encryption_key signing_key master_key hmac_key rsa_key
    Set-Cookie Cookie set_cookie csrf_token csrfmiddlewaretoken xsrfToken client_secret secretKey secrets
    database_password MYSQL_ROOT_PASSWORD PGPASSWORD passwords cred db_cred userCred admin_creds
    секрет_token naïve_password";

const READABLE: &str = "
    company span panel japan expand author authority cardinal discard compass passenger bypass passed possession
    classname key value user email order_id

    Company COMPANY spans timespan lifespan colspan rowspan panels pandas panda japanese expanded expansion expandable
    panic pane panorama authors author_id authorName Author AUTHOR authority_id authorities coauthor cardinality
    CARDINAL cardiac cardio discarded discards DISCARD wildcard wildcards placard compassion encompass
    passengers passenger_id bypassed passes passing passage passive passion is_passed passerby trespass overpass
    underpass surpass repossession obsession className class_name ClassName CLASSNAME businessname processname
    multiband keys primary_key foreign_key public_key sort_key keyboard monkey values username user_id mail name
    names data item items index count total price result args kwargs self cls path file line request response
    description desc descr assess assessment mission permission permissions accession process access accessed accessible
    private public api ssh url host port body header headers content payload status code message title address city
    phone age amount currency quantity sku id uuid hash digest nonce x y z i n a é 名前 _ __init__ cardboard_";

#[test]
fn names_that_speak_of_a_secret_are_redacted_for_every_kind() {
    let engine = engine(&["default"]);
    for name in SECRET.split_whitespace() {
        assert_eq!(actions(&engine, name), [ValueAction::Redact; 5], "{name}");
    }
}

#[test]
fn ordinary_names_stay_readable_for_every_kind() {
    let engine = engine(&["default"]);
    for name in READABLE.split_whitespace().filter(|name| *name != "cardboard_") {
        assert_eq!(actions(&engine, name), [ValueAction::Allow; 5], "{name}");
    }
}

#[test]
fn of_a_function_only_its_own_name_counts() {
    let engine = engine(&["default"]);
    let policy = engine.value_policy(&FrameFacts { module: Some("auth"), abs_path: "/x/auth.py", qualname: "f" });
    for name in SECRET.split_whitespace() {
        for redacted in [format!("shop.{name}"), format!("author.Compass.{name}")] {
            assert_eq!(policy.action(ValueKind::Ret, &redacted), ValueAction::Redact, "{redacted}");
        }
        for readable in [format!("{name}.login"), format!("{name}.<module>"), format!("{name}.{name}.<lambda>")] {
            assert_eq!(policy.action(ValueKind::Ret, &readable), ValueAction::Allow, "{readable}");
        }
    }
    for name in READABLE.split_whitespace().filter(|name| *name != "cardboard_") {
        let readable = format!("auth.Session.{name}");
        assert_eq!(policy.action(ValueKind::Ret, &readable), ValueAction::Allow, "{readable}");
    }
}

#[test]
fn keys_with_dots_and_other_joints_are_redacted_too() {
    let engine = engine(&["default"]);
    for name in
        ["auth.login", "db.pass", "pass.db", "spring.datasource.password", "api key", "api.key", "card:1", "pan.0"]
    {
        assert_eq!(actions(&engine, name)[4], ValueAction::Redact, "{name}");
    }
}

#[test]
fn redaction_needs_no_module_name_and_no_place_inside_the_project() {
    let engine = engine(&["default"]);
    for (module, path) in [(None, "/a.py"), (Some("m"), "/home/u/proj/a.py"), (Some("m"), "a.py"), (None, "")] {
        let policy = engine.value_policy(&FrameFacts { module, abs_path: path, qualname: "" });
        assert_eq!(policy.action(ValueKind::Local, "password"), ValueAction::Redact, "{module:?} {path}");
    }
}

#[test]
fn the_standard_library_is_skipped_by_path() {
    let engine = engine(&["default"]);
    let skip = "
        /usr/lib/python3.11/os.py /usr/lib64/python3.12/json/decoder.py /usr/local/lib/python3.13t/abc.py
        /home/u/proj/.venv/lib/python3.12/os.py /home/u/proj/lib/python3.12/os.py /home/u/proj/lib64/python3.1/os.py
        /opt/py/lib/python3.10/lib-dynload/x.py /usr/lib/python2.7/os.py /lib/python3.11/os.py
        /usr/lib/python3.11/site-packages.py /usr/lib/python3.11/site/packages.py
        /usr/lib/python3.11/my-site-packages/a.py /usr/lib/python3.11/site-packages2/a.py
        /usr/lib/python3.11/dist-package/a.py /usr/lib/python3.11/s/d/si/di/sit/dis/site/dist/site-/dist-p/a.py
        /srv/site-packages/lib/python3.11/os.py
        C:/Python312/Lib/os.py c:/Lib/os.py C:\\Python312\\Lib\\json\\decoder.py D:/a/Lib/b/c.py
        /home/u/proj/lib/python3.12/s.py /usr/lib/python3.11/d.py /usr/lib/python3.11/sites/x.py
        /x/lib/python3.11/site-packages/_virtualenv.py /home/u/proj/.venv/lib/python3.11/site-packages/_virtualenv.py
        C:/v/Lib/site-packages/_virtualenv.py site-packages/_virtualenv.py";
    for path in skip.split_whitespace() {
        assert_eq!(exec(&engine, "m", path), Exec::Skip, "{path}");
    }
    let trace = "
        /usr/lib/python3/os.py /usr/lib/python3.11/site-packages/a.py /usr/lib/python3.11/dist-packages/a/b.py
        /usr/lib/python3.11/x/site-packages/a.py /home/u/proj/.venv/lib/python3.12/site-packages/flask/app.py
        /home/u/proj/.venv/lib64/python3.12t/site-packages/a.py /usr/mylib/python3.11/os.py /usr/lib/xpython3.11/os.py
        /usr/lib/python3.11x/os.py /usr/lib/python3.11tt/os.py /usr/lib/python3.11 /usr/lib/python3/dist-packages/a.py
        /usr/Lib/python3.11/os.py /home/u/proj/Lib/os.py Lib/os.py /x/Lib/os.py /usr/lib32/python3.11/os.py
        /usr/LIB/python3.11/os.py /usr/lib/Python3.11/os.py /usr/lib/python3x11/os.py /home/u/proj/app.py
        C:/Python312/Lib/site-packages/a.py C:\\Python312\\Lib\\site-packages\\a.py C:/Python312/lib/os.py
        C:/MyLib/os.py CC:/Lib/os.py /usr/lib/python3.11/site-packages/a/_virtualenv.py
        /x/not-site-packages/_virtualenv.py";
    for path in trace.split_whitespace() {
        assert_eq!(exec(&engine, "m", path), Exec::Trace, "{path}");
    }
}

#[test]
fn code_that_no_rule_names_is_decided_by_the_default_not_by_a_rule() {
    let engine = engine(&["default"]);
    for path in ["/usr/lib/python3.11/site-packages/a.py", "/home/u/proj/a.py"] {
        let decision = engine.decide(&FrameFacts { module: Some("a"), abs_path: path, qualname: "f" });
        assert_eq!((decision.exec_rule, decision.value_rule), (None, None), "{path}");
    }
}

#[test]
fn some_modules_are_skipped_by_name() {
    let engine = engine(&["default"]);
    for module in "asyncio asyncio.events selectors selectors.x concurrent concurrent.futures.thread importlib
        importlib._bootstrap threading multiprocessing multiprocessing.pool builtins _distutils_hack"
        .split_whitespace()
    {
        assert_eq!(exec(&engine, module, "/x/a.py"), Exec::Skip, "{module}");
    }
    for module in "asyncio_x myasyncio my.asyncio importlib_metadata importlib_metadata.x concurrently thread threading2
        builtins.x builtin _distutils_hack.override _distutils _threading Asyncio xselectors os json"
        .split_whitespace()
    {
        assert_eq!(exec(&engine, module, "/x/a.py"), Exec::Trace, "{module}");
    }
    assert_eq!(exec(&engine, "", "/x/a.py"), Exec::Trace);
}

#[test]
fn test_frameworks_are_skipped_and_tests_are_not() {
    let pytest = engine(&["default", "pytest"]);
    let unittest = engine(&["default", "unittest"]);
    let lib = "/x/lib.py";
    let both = "pytest pytest_cov pytest.x _pytest _pytest.runner pluggy pluggy._hooks py py.path iniconfig iniconfig.x
        packaging packaging.version xdist xdist.remote coverage coverage.control";
    for module in both.split_whitespace() {
        assert_eq!(exec(&pytest, module, lib), Exec::Skip, "{module}");
        assert_eq!(exec(&unittest, module, lib), Exec::Trace, "{module}");
    }
    for module in ["unittest", "unittest.case"] {
        assert_eq!(exec(&pytest, module, lib), Exec::Trace, "{module}");
        assert_eq!(exec(&unittest, module, lib), Exec::Skip, "{module}");
    }
    assert_eq!(exec(&unittest, "unittest2", lib), Exec::Trace);
    assert_eq!(exec(&pytest, "pyx", lib), Exec::Trace);
    // Tests are recorded even where something skips them: below the standard library, or named like the framework.
    for engine in [&pytest, &unittest] {
        let stdlib = "/usr/lib/python3.11/x.py";
        for module in ["test_a", "tests.a", "tests.a.b", "a_test"] {
            assert_eq!(exec(engine, module, stdlib), Exec::Trace, "{module}");
        }
        for module in ["tests", "pkg.test_a.b", "atests.b", "test"] {
            assert_eq!(exec(engine, module, stdlib), Exec::Skip, "{module}");
        }
        let dir = "/usr/lib/python3.11/";
        for path in ["test_a.py", "x/test_a.py", "x/a_test.py", "tests/a.py", "x/tests/y/a.py"] {
            assert_eq!(exec(engine, "m", &format!("{dir}{path}")), Exec::Trace, "{path}");
        }
        for path in ["atest_a.py", "x/test_a.pyc", "x/a_tests.py", "mytests/a.py", "tests/a.txt"] {
            assert_eq!(exec(engine, "m", &format!("{dir}{path}")), Exec::Skip, "{path}");
        }
    }
    assert_eq!(exec(&pytest, "m", "/usr/lib/python3.11/x/conftest.py"), Exec::Trace);
    assert_eq!(exec(&unittest, "m", "/usr/lib/python3.11/x/conftest.py"), Exec::Skip);
}

#[test]
fn framework_filters_inherit_the_defaults() {
    for framework in [Framework::Pytest, Framework::Unittest] {
        let problems = Chain::compile(&[framework_filter(framework, Path::new(ROOT))]).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["E-CHAIN-INHERIT"; 2]);
    }
}

#[test]
fn every_built_in_rule_and_pattern_has_its_reason() {
    for names in [&["default"][..], &["default", "pytest"], &["default", "unittest"]] {
        for rule in engine(names).rules() {
            assert!(rule.reason.is_some(), "{}", rule.selector.text());
            assert!(rule.patterns.iter().all(|pattern| pattern.reason.is_some()), "{}", rule.selector.text());
        }
    }
}
