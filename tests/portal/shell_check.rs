//! `salus check` names what is missing or unsafe with its cure, and `salus serve` refuses the same.

use std::os::unix::fs::PermissionsExt;

use salus::db::Db;

use crate::gateway_double::Double;
use crate::shell::{MailServer, Running, Shell, free_address};
use crate::twilio_double;

fn line<'a>(out: &'a str, start: &str) -> &'a str {
    out.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no line begins {start:?} in:\n{out}"))
}

#[tokio::test]
async fn a_bare_machine_is_told_everything_with_its_cure() {
    let mut shell = Shell::embedded();
    shell.vars.clear();
    let answer = shell.run(&["check"]).ends_with(2);
    for setting in [
        "SALUS_PUBLIC_URL",
        "SALUS_KEYS",
        "SALUS_SMS_GATEWAYS",
        "SALUS_SMTP_URL",
        "SALUS_CLINIC_NAME",
        "SALUS_CLINIC_PHONE",
    ] {
        assert!(line(&answer.out, &format!("unsafe  {setting} ")).contains("; cure: "));
    }
    assert!(!shell.path("salus.db").exists(), "a check changes nothing");
}

#[tokio::test]
async fn safe_settings_pass() {
    let mut shell = Shell::new().await;
    shell.set("SALUS_SMTP_URL", &MailServer::start().url);
    shell.run(&["migrate"]).ends_with(0).says("steps taken: ");
    shell.run(&["migrate"]).ends_with(0).says("up to date already");
    let answer = shell.run(&["check"]).ends_with(0).says("Ready for production.");
    for found in [
        "ok      schema",
        "ok      keys",
        "ok      mail server",
        "ok      gateway twilio",
        "warn    SALUS_SMS_PRICES: names no price of twilio",
        "warn    SALUS_SPEND_DAY: is not set",
        "warn    SALUS_JITSI_URL",
    ] {
        line(&answer.out, found);
    }
    shell.portal().await.db.close().await;
    shell.run(&["check"]).ends_with(0).says("k1 opens the root secret; k1 is active");
}

#[tokio::test]
async fn each_gateway_has_its_line() {
    let mut shell = Shell::embedded();
    shell.set("SALUS_SMTP_URL", &MailServer::start().url);
    let key = include_str!("../support/vonage_key.pem");
    for (setting, value) in [
        ("SALUS_SMS_GATEWAYS", "vonage,plivo,http"),
        ("SALUS_VONAGE_API", "messages"),
        ("SALUS_VONAGE_APPLICATION_ID", "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"),
        ("SALUS_VONAGE_PRIVATE_KEY", key),
        ("SALUS_VONAGE_FROM", "Hill"),
        ("SALUS_PLIVO_AUTH_ID", "MA0123456789ABCDEF01"),
        ("SALUS_PLIVO_AUTH_TOKEN", "not-to-be-shown"),
        ("SALUS_PLIVO_FROM", "+12125557000"),
        ("SALUS_HTTP_GATEWAY_URL", "https://sms.aggregator.example/send?account=not-to-be-shown"),
        ("SALUS_HTTP_GATEWAY_FIELDS", r#"{"to":"{to_digits}","m":"{text}"}"#),
        ("SALUS_HTTP_GATEWAY_AUTH", "none"),
    ] {
        shell.set(setting, value);
    }
    let answer = shell.run(&["check"]).ends_with(0);
    for found in [
        "ok      gateway vonage: is set up (Messages API)",
        "ok      gateway plivo: is set up",
        "ok      gateway http: is set up for sms.aggregator.example",
        "warn    SALUS_HTTP_GATEWAY_AUTH: is none",
        "ok      calls: codes can be read out through plivo",
    ] {
        line(&answer.out, found);
    }
    assert!(!format!("{}{}", answer.out, answer.err).contains("not-to-be-shown"));
    shell.set("SALUS_PLIVO_FROM", "Hill");
    line(&shell.run(&["check"]).ends_with(0).out, "warn    calls: no gateway can call: it takes a number of its own");
    shell.set("SALUS_VONAGE_PRIVATE_KEY", "not-to-be-shown");
    let answer = shell.run(&["check"]).ends_with(2);
    line(&answer.out, "fails   SALUS_VONAGE_PRIVATE_KEY: is no RSA private key in PEM; cure: ");
    assert!(!format!("{}{}", answer.out, answer.err).contains("not-to-be-shown"));
}

#[tokio::test]
async fn money_and_lookups_have_their_lines_and_their_cures() {
    let mut shell = Shell::embedded();
    shell.set("SALUS_SMTP_URL", &MailServer::start().url);
    for (setting, value) in [
        ("SALUS_SMS_PRICES", "twilio:US=0.0108"),
        ("SALUS_SPEND_DAY", "40"),
        ("SALUS_CURRENCY", "EUR"),
        ("SALUS_LOOKUP", "twilio"),
    ] {
        shell.set(setting, value);
    }
    let answer = shell.run(&["check"]).ends_with(0);
    line(&answer.out, "ok      spending: at most 40.00 EUR a day");
    line(&answer.out, "ok      lookup: at lookups.twilio.com; it was not called");
    assert!(!answer.out.contains("SALUS_SMS_PRICES"));
    shell.set("SALUS_SMS_COUNTRIES", "US,MX");
    line(&shell.run(&["check"]).ends_with(0).out, "warn    SALUS_SMS_PRICES: names no price of twilio");
    shell.set("SALUS_SMS_PRICES", "");
    shell.set("SALUS_LOOKUP", "plivo");
    let answer = shell.run(&["check"]).ends_with(2);
    line(&answer.out, "fails   SALUS_SPEND_DAY: is set without prices");
    line(&answer.out, "fails   SALUS_LOOKUP: is not among SALUS_SMS_GATEWAYS");
}

#[tokio::test]
async fn each_unsafe_setting_is_named_and_serve_refuses_it() {
    let mail = MailServer::start();
    for (setting, value) in [
        ("SALUS_PUBLIC_URL", "http://portal.hill.example"),
        ("SALUS_SMS_GATEWAYS", ""),
        ("SALUS_SMS_GATEWAYS", "twilio,outbox"),
        ("SALUS_SMTP_URL", ""),
        ("SALUS_SMTP_URL", "outbox"),
        ("SALUS_SMTP_URL", "smtp://user:not-to-be-shown@192.0.2.1:25"),
        ("SALUS_SMTP_URL", "smtp://user:not-to-be-shown@192.0.2.1:25?tls=opportunistic"),
        ("SALUS_SMTP_URL", "smtp://tls=required:not-to-be-shown@192.0.2.1:25"),
        ("SALUS_CLINIC_NAME", ""),
        ("SALUS_CLINIC_PHONE", ""),
        ("SALUS_TRUSTED_PROXIES", "0.0.0.0"),
        ("SALUS_PASSWORD_LEAST", "8"),
    ] {
        let mut shell = Shell::embedded();
        shell.set("SALUS_SMTP_URL", &mail.url);
        shell.set(setting, value);
        let served = shell.run(&["serve"]).ends_with(2).says(&format!("  {setting} ")).says("cure: ");
        assert!(!shell.path("salus.db").exists(), "nothing was begun with {setting}={value}");
        if value.contains("192.0.2.1") {
            assert!(!served.err.contains("not-to-be-shown"));
            continue; // A check would try to reach it.
        }
        let answer = shell.run(&["check"]).ends_with(2);
        assert!(line(&answer.out, &format!("unsafe  {setting} ")).contains("; cure: "));
    }
}

#[tokio::test]
async fn a_secret_or_a_database_that_others_can_read_is_unsafe() {
    let mut shell = Shell::embedded();
    shell.set("SALUS_SMTP_URL", &MailServer::start().url);
    shell.run(&["migrate"]).ends_with(0);
    shell.run(&["check"]).ends_with(0);
    let open = |name: &str| std::fs::set_permissions(shell.path(name), PermissionsExt::from_mode(0o644)).unwrap();
    open("salus.db");
    shell.run(&["check"]).ends_with(2).says("unsafe  database file").says("cure: chmod 600");
    open("secrets/keys");
    shell.run(&["check"]).ends_with(2).says("secrets/keys can be read by every user");
    shell.run(&["serve"]).ends_with(2).says("secrets/keys can be read by every user");
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_told_together() {
    let mut shell = Shell::embedded();
    shell.set("SALUS_LISTEN", "everywhere");
    shell.set("SALUS_SESSION_IDLE_MINUTES", "99");
    for command in [["check"].as_slice(), &["serve"], &["migrate"], &["audit", "verify"]] {
        let answer = shell.run(command).ends_with(2).says("SALUS_LISTEN").says("SALUS_SESSION_IDLE_MINUTES");
        assert!(!format!("{}{}", answer.out, answer.err).contains("everywhere"), "values are not shown");
    }
}

#[tokio::test]
async fn a_dead_mail_server_and_a_foreign_key_ring_fail() {
    let mut shell = Shell::new().await;
    shell.portal().await.db.close().await;
    shell.run(&["check"]).ends_with(2).says("fails   mail server");
    shell.set("SALUS_KEYS_FILE", &shell.path("other").display().to_string());
    shell.run(&["keys", "add"]).ends_with(0);
    shell.run(&["check"]).ends_with(2).says("fails   keys: the ring does not open the root secret");
    shell.run(&["serve"]).ends_with(1).says("SALUS_KEYS");
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() {
    let shell = Shell::new().await;
    shell.run(&["migrate"]).ends_with(0);
    let db = Db::open(&shell.database.url, 1).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'later', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    shell.run(&["check"]).ends_with(2).says("fails   schema: is newer");
    shell.run(&["serve"]).ends_with(1).says("newer version of this program");
    shell.run(&["migrate"]).ends_with(1).says("newer than this program");
}

/// Tells what became of the newest test, as the gateway does, to the portal that serves here.
async fn tells(double: &Double, address: &str, states: &[(&str, Option<&str>)]) {
    let begun = std::time::Instant::now();
    while double.taken().is_empty() {
        assert!(begun.elapsed().as_secs() < 20, "no test is sent");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let n = double.taken().len();
    for (state, code) in states {
        assert_eq!(twilio_double::tell(double, &format!("http://{address}"), n - 1, state, *code).await, 204);
    }
}

/// A shell whose Twilio is the double.
async fn with_double(double: &Double) -> Shell {
    let mut shell = Shell::new().await;
    for (name, value) in twilio_double::settings(double) {
        shell.set(name, value);
    }
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_text_is_sent_for_real_and_followed_to_the_phone() {
    let double = twilio_double::start().await;
    let address = free_address();
    let mut shell = with_double(&double).await;
    shell.set("SALUS_LISTEN", &address);
    shell.set("SALUS_SMTP_URL", &MailServer::start().url);
    let _serving = Running::start(shell.command(&["serve"]), &address);
    let check = async |args: &'static [&'static str]| {
        let (command, args) = (shell.command(&[]), args);
        tokio::task::spawn_blocking(move || {
            let mut command = command;
            command.args(args).output().unwrap()
        })
        .await
        .unwrap()
    };
    let args: &[&str] = &["check", "--send-to", "212 555 0142"];
    let states = [("sent", None), ("delivered", None)];
    let (output, ()) = tokio::join!(check(args), tells(&double, &address, &states));
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("•••• 42 through twilio") && out.contains("it arrived at the phone"), "{out}");
    assert!(!out.contains("5550142"));
    let taken = double.taken();
    assert_eq!((taken.len(), taken[0].field("To")), (1, Some("+12125550142")));

    let (status, body) = twilio_double::classic(400, 21614);
    double.says(status, body);
    let args: &[&str] = &["check", "--send-to", "+12125550142", "--through", "twilio"];
    let output = check(args).await;
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(out.contains("twilio refused it (landline)"), "{out}");
    assert_eq!(double.requests(), 2, "it is not tried again");
}

#[tokio::test]
async fn a_test_goes_only_where_texts_go_and_through_a_gateway_that_is_set_up() {
    let shell = Shell::new().await;
    for (args, told) in [
        (["--send-to", "911", "--through", "twilio"], "no phone number"),
        (["--send-to", "+34612345678", "--through", "twilio"], "SALUS_SMS_COUNTRIES"),
        (["--send-to", "+12125550142", "--through", "plivo"], "SALUS_SMS_GATEWAYS"),
    ] {
        shell.run(&[&["check"], args.as_slice()].concat()).ends_with(2).says(told);
    }
    shell.run(&["check", "--through", "twilio"]).ends_with(2).says("--send-to");
}
