//! What a sign-in costs, step by step, and many of them at once.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::child::{Commands, Server};
use crate::client::Client;
use crate::people::{PASSWORD, email, phone};

/// Each sign-in comes from a network of its own, so that no limit of one is met.
static NETWORK: AtomicU32 = AtomicU32::new(1);

pub fn browser(server: &Server) -> Client {
    Client::new(server.pages, NETWORK.fetch_add(1, Ordering::Relaxed))
}

/// CPU milliseconds of one sign-in, by step, with what happens in the background because of it.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// The three pages: way in, challenge, home.
    pub pages: [f64; 3],
    /// Email and password; the text that follows.
    pub password: f64,
    /// The code; the session that follows.
    pub code: f64,
    /// Commits of the password's step and of the code's, background included.
    pub commits: [f64; 2],
}

impl Cost {
    /// What the sign-in itself takes: both forms.
    pub fn forms(&self) -> f64 {
        self.password + self.code
    }
}

pub fn send_password(browser: &mut Client, person: u32, csrf: &str) {
    let email = email(person);
    let answer = browser.post("/login", &[("csrf", csrf), ("email", &email), ("password", PASSWORD), ("next", "")]);
    assert_eq!((answer.status, answer.location.as_str()), (303, "/challenge"), "person {person}");
}

pub fn send_code(browser: &mut Client, code: &str, csrf: &str) {
    let answer = browser.post("/challenge", &[("csrf", csrf), ("code", code)]);
    assert_eq!(answer.status, 303, "the code opens the session");
}

/// Signs one person in, in this browser, on a server that sends no text by itself.
pub fn whole_still(browser: &mut Client, commands: &mut Commands, person: u32) {
    let csrf = browser.get("/login").csrf();
    send_password(browser, person, &csrf);
    commands.ask("settle");
    let csrf = browser.get("/challenge").csrf();
    let code = commands.ask(&format!("code {}", phone(person)));
    send_code(browser, &code, &csrf);
}

/// Signs one person in, in this browser.
pub fn whole(browser: &mut Client, commands: &mut Commands, person: u32) {
    let csrf = browser.get("/login").csrf();
    send_password(browser, person, &csrf);
    let csrf = browser.get("/challenge").csrf();
    let code = commands.ask(&format!("code {}", phone(person)));
    send_code(browser, &code, &csrf);
}

/// Signs these people in, all of them one step after the other, so that each step's CPU can be told apart.
pub fn by_steps(people: &mut [(u32, Client)], commands: &mut Commands) -> Cost {
    let times = people.len();
    let mut cost = Cost::default();
    let mut tokens = Vec::new();
    let begun = commands.spent();
    for (_, browser) in people.iter_mut() {
        browser.cookies.remove("sid");
        tokens.push(browser.get("/login").csrf());
    }
    let seen = commands.spent();
    for ((person, browser), csrf) in people.iter_mut().zip(&tokens) {
        send_password(browser, *person, csrf);
    }
    let accepted = commands.spent();
    tokens.clear();
    for (_, browser) in people.iter_mut() {
        tokens.push(browser.get("/challenge").csrf());
    }
    let codes: Vec<String> = people.iter().map(|(p, _)| commands.ask(&format!("code {}", phone(*p)))).collect();
    let asked = commands.spent();
    for ((_, browser), (code, csrf)) in people.iter_mut().zip(codes.iter().zip(&tokens)) {
        send_code(browser, code, csrf);
    }
    let entered = commands.spent();
    for (_, browser) in people.iter_mut() {
        assert_eq!(browser.get("/home").status, 200, "signed in");
    }
    let home = commands.spent();
    (cost.pages[0], _) = seen.each_since(begun, times);
    (cost.password, cost.commits[0]) = accepted.each_since(seen, times);
    (cost.pages[1], _) = asked.each_since(accepted, times);
    (cost.code, cost.commits[1]) = entered.each_since(asked, times);
    (cost.pages[2], _) = home.each_since(entered, times);
    cost
}

/// Signs in `times` times, `at_once` at a time, four times for each person from `first` on.
pub fn storm(server: &Server, first: u32, times: usize, at_once: usize) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                let mut commands = server.commands();
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    if turn >= times {
                        return;
                    }
                    let people = times.div_ceil(SIGN_INS_EACH);
                    let person = first + u32::try_from(turn % people).expect("few people");
                    whole(&mut browser(server), &mut commands, person);
                }
            });
        }
    });
}

/// How often one person signs in during a storm: a number is texted five times in a quarter of an hour at most.
pub const SIGN_INS_EACH: usize = 4;
