//! Passwords: what may be chosen, and hashing on a pool of its own.
//!
//! | what     | figure                                                  | source                       |
//! |----------|---------------------------------------------------------|------------------------------|
//! | length   | 12 to 128 characters after NFKC, no composition rules   | NIST SP 800-63B-4 3.1.1      |
//! | Argon2id | 19 MiB, 2 passes, 1 lane, a keyed pepper                | OWASP password storage       |
//! | at once  | as many hashes as cores; others wait 2 s, then are shed | ASVS 15.2.2                  |

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::clinic_keys::Key;
use super::common_passwords;

/// The longest password, in characters.
pub const LONGEST: usize = 128;
/// How many may wait for the pool before newcomers are turned away at once.
const QUEUE: usize = 200;

/// A password in NFKC. Does not print; forgotten when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// Fewer characters than the policy's least.
    TooShort,
    /// Over 128 characters.
    TooLong,
    /// Everybody tries it first.
    Common,
    /// It is made of the person's or the clinic's own words.
    Personal,
}

impl Password {
    /// What somebody typed to sign in. Anything is let through to be found wrong; what is longer than any password
    /// can be is cut, so that it costs no more.
    pub fn typed(typed: &str) -> Self {
        Self(Zeroizing::new(typed.nfkc().take(LONGEST + 1).collect()))
    }

    /// A password somebody chose; `words` are the person's and the clinic's.
    ///
    /// # Errors
    /// As [`PasswordRefusal`] says.
    pub fn chosen(typed: &str, words: &[&str], least: usize) -> Result<Self, PasswordRefusal> {
        if typed.len() > 4096 {
            return Err(PasswordRefusal::TooLong);
        }
        let password = Zeroizing::new(typed.nfkc().collect::<String>());
        let length = password.chars().count();
        if length < least {
            return Err(PasswordRefusal::TooShort);
        }
        if length > LONGEST {
            return Err(PasswordRefusal::TooLong);
        }
        let parts: Vec<String> = words
            .iter()
            .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
            .map(str::to_lowercase)
            .filter(|word| word.chars().count() >= 3)
            .collect();
        let personal = {
            // What is left without the person's own words must still be half a password.
            let mut rest = Zeroizing::new(password.to_lowercase());
            for part in &parts {
                *rest = rest.replace(part.as_str(), "");
            }
            rest.chars().filter(|c| c.is_alphanumeric()).count() < least / 2 && rest.chars().count() < length
        };
        if personal {
            return Err(PasswordRefusal::Personal);
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if common_passwords::is_common(&password, &parts) {
            return Err(PasswordRefusal::Common);
        }
        Ok(Self(password))
    }
}

/// What Argon2id costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingParameters {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for HashingParameters {
    fn default() -> Self {
        Self { memory: 19_456, passes: 2, lanes: 1 }
    }
}

/// The pool has more to do than it can within the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at once")]
pub struct Busy;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The password is the account's.
    pub right: bool,
    /// The stored hash was made with lesser parameters and should be made anew.
    pub rehash: bool,
}

/// Hashes and checks passwords on a bounded pool, so that a storm of sign-ins slows no page.
#[derive(Clone)]
pub struct PasswordHasher(Arc<Inner>);

struct Inner {
    pepper: Key,
    parameters: Params,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    wait: Duration,
    dummy: String,
}

impl Inner {
    fn argon2(&self) -> Argon2<'_> {
        Argon2::new_with_secret(self.pepper.as_slice(), Algorithm::Argon2id, Version::V0x13, self.parameters.clone())
            .expect("a pepper of 32 bytes is within Argon2's bounds")
    }

    fn hash(&self, password: &Password) -> String {
        self.argon2()
            .hash_password(password.0.as_bytes())
            .expect("a password of at most 129 characters is within Argon2's bounds")
            .to_string()
    }
}

impl PasswordHasher {
    /// A pool that hashes `at_once` passwords and lets others wait for `wait`.
    pub fn new(pepper: &Key, parameters: HashingParameters, at_once: usize, wait: Duration) -> Self {
        let parameters = Params::new(parameters.memory, parameters.passes, parameters.lanes, None)
            .expect("hashing parameters are within Argon2's bounds");
        let mut inner = Inner {
            pepper: pepper.clone(),
            parameters,
            places: Arc::new(Semaphore::new(at_once.max(1))),
            waiting: AtomicUsize::new(0),
            wait,
            dummy: String::new(),
        };
        // An unknown account is checked against this hash: the same work, never right.
        inner.dummy = inner.hash(&Password::typed(super::random::Secret::token().expose()));
        Self(Arc::new(inner))
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> T + Send + 'static) -> Result<T, Busy> {
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            self.0.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Busy);
        }
        let place = tokio::time::timeout(self.0.wait, self.0.places.clone().acquire_owned()).await;
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        let place = place.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let inner = self.0.clone();
        // The place goes with the work: a request that is given up does not let another begin beside it.
        tokio::task::spawn_blocking(move || {
            let done = work(&inner);
            drop(place);
            done
        })
        .await
        .map_err(|_| Busy)
    }

    /// Hashes a chosen password (PHC string).
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        self.run(move |inner| inner.hash(&password)).await
    }

    /// Checks a typed password against a stored hash; None does the same work and finds it wrong.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn verify(&self, password: Password, stored: Option<&str>) -> Result<Verdict, Busy> {
        let stored = stored.map(str::to_owned);
        self.run(move |inner| {
            let known = stored.is_some();
            let phc = stored.unwrap_or_else(|| inner.dummy.clone());
            let Ok(hash) = PasswordHash::new(&phc) else { return Verdict { right: false, rehash: false } };
            let matches = inner.argon2().verify_password(password.0.as_bytes(), &hash).is_ok();
            let lesser = Params::try_from(&hash).is_ok_and(|stored| {
                stored.m_cost() < inner.parameters.m_cost() || stored.t_cost() < inner.parameters.t_cost()
            });
            Verdict { right: matches && known, rehash: matches && known && lesser }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(parameters: HashingParameters, at_once: usize, wait: Duration) -> PasswordHasher {
        PasswordHasher::new(&Key::new([5; 32]), parameters, at_once, wait)
    }

    #[test]
    fn what_may_be_chosen() {
        let words = ["Mia Rivera", "mia.rivera@clinic.example", "Riverside Clinic"];
        let choose = |typed: &str| Password::chosen(typed, &words, 12).map(|_| ());
        assert_eq!(choose("short"), Err(PasswordRefusal::TooShort));
        assert_eq!(choose(&"ab3$".repeat(33)), Err(PasswordRefusal::TooLong));
        for common in
            ["password1234", "passwordpassword", "qwertyuiop123", "123456789012", "aaaaaaaaaaaaaa", "PASSWORD12345"]
        {
            assert_eq!(choose(common), Err(PasswordRefusal::Common), "{common}");
        }
        for personal in ["miarivera2026", "Rivera-Mia-1980", "riversideclinic"] {
            assert_eq!(choose(personal), Err(PasswordRefusal::Personal), "{personal}");
        }
        for good in
            ["demo-portal-2026!", "correct horse battery staple", "пароль для клиники", "   two  spaces kept   "]
        {
            assert_eq!(choose(good), Ok(()), "{good}");
        }
    }

    #[tokio::test]
    async fn a_password_is_right_only_for_its_hash_and_pepper() {
        let small = HashingParameters { memory: 64, passes: 1, lanes: 1 };
        let hasher = pool(small, 1, Duration::from_secs(2));
        let stored = hasher.hash(Password::typed("ｄemo-portal")).await.unwrap();
        let right = |v: Verdict| (v.right, v.rehash);
        assert_eq!(right(hasher.verify(Password::typed("demo-portal"), Some(&stored)).await.unwrap()), (true, false));
        assert_eq!(right(hasher.verify(Password::typed("demo-portaL"), Some(&stored)).await.unwrap()), (false, false));
        assert_eq!(right(hasher.verify(Password::typed("demo-portal"), None).await.unwrap()), (false, false));
        let risen = pool(HashingParameters { memory: 128, passes: 1, lanes: 1 }, 1, Duration::from_secs(2));
        assert_eq!(right(risen.verify(Password::typed("demo-portal"), Some(&stored)).await.unwrap()), (true, true));
        let peppered = PasswordHasher::new(&Key::new([6; 32]), small, 1, Duration::from_secs(2));
        assert!(!peppered.verify(Password::typed("demo-portal"), Some(&stored)).await.unwrap().right);
    }

    #[tokio::test]
    async fn a_full_pool_turns_people_away_instead_of_letting_them_wait() {
        let hasher = pool(HashingParameters::default(), 1, Duration::ZERO);
        let many = (0..8).map(|_| hasher.verify(Password::typed("x"), None));
        let answers = futures_util::future::join_all(many).await;
        assert!(answers.iter().any(Result::is_ok) && answers.contains(&Err(Busy)), "{answers:?}");
    }
}
