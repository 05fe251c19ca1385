//! Passwords: what may be chosen, and hashing on a pool of its own.
//!
//! | what     | figure                                                  | source                       |
//! |----------|---------------------------------------------------------|------------------------------|
//! | length   | 12 to 128 characters after NFKC, no composition rules   | NIST SP 800-63B-4 3.1.1      |
//! | Argon2id | 19 MiB, 2 passes, 1 lane, a keyed pepper                | OWASP password storage       |
//! | at once  | as many hashes as cores; others wait 2 s, then are shed | ASVS 15.2.2                  |
//!
//! The pool's threads and their memory: `hashing_threads`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::clinic_keys::Key;
use super::common_passwords;
use super::hashing_threads::{Memory, Threads};
use super::random;

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
pub struct PasswordHasher(Arc<Pool>);

struct Pool {
    method: Arc<Method>,
    threads: Threads,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    wait: Duration,
    dummy: String,
}

/// What a thread hashes with.
struct Method {
    pepper: Key,
    parameters: Params,
}

impl Method {
    fn output(&self, password: &Password, salt: &Salt, parameters: Params, memory: &mut Memory) -> Output {
        let blocks = memory.blocks(parameters.block_count());
        let length = parameters.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let argon2 = Argon2::new_with_secret(self.pepper.as_slice(), Algorithm::Argon2id, Version::V0x13, parameters)
            .expect("a pepper of 32 bytes is within Argon2's bounds");
        let mut bytes = Zeroizing::new([0; Output::MAX_LENGTH]);
        argon2
            .hash_password_into_with_memory(password.0.as_bytes(), salt, &mut bytes[..length], blocks)
            .expect("a password of at most 129 characters is within Argon2's bounds");
        Output::new(&bytes[..length]).expect("Argon2's output is within a hash's bounds")
    }

    fn hash(&self, password: &Password, memory: &mut Memory) -> String {
        let salt = Salt::new(&random::bytes::<16>()).expect("16 bytes are within a salt's bounds");
        let hash = self.output(password, &salt, self.parameters.clone(), memory);
        PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.parameters).expect("hashing parameters can be written down"),
            salt: Some(salt),
            hash: Some(hash),
        }
        .to_string()
    }

    /// Whether the password is the hash's; None for one that was not made here.
    fn matches(&self, password: &Password, stored: &PasswordHash, memory: &mut Memory) -> Option<bool> {
        let ours = stored.algorithm == Algorithm::Argon2id.ident() && stored.version == Some(Version::V0x13.into());
        let (salt, hash) = (stored.salt.as_ref()?, stored.hash.as_ref()?);
        let parameters = Params::try_from(stored).ok().filter(|_| ours)?;
        // Compared in constant time: so does `Output`.
        Some(self.output(password, salt, parameters, memory) == *hash)
    }
}

impl PasswordHasher {
    /// A pool that hashes `at_once` passwords and lets others wait for `wait`.
    pub fn new(pepper: &Key, parameters: HashingParameters, at_once: usize, wait: Duration) -> Self {
        let parameters = Params::new(parameters.memory, parameters.passes, parameters.lanes, None)
            .expect("hashing parameters are within Argon2's bounds");
        let method = Arc::new(Method { pepper: pepper.clone(), parameters });
        // An unknown account is checked against this hash: the same work, never right.
        let unknown = Password::typed(random::Secret::token().expose());
        let dummy = method.hash(&unknown, &mut Memory::default());
        let at_once = at_once.max(1);
        Self(Arc::new(Pool {
            method,
            threads: Threads::start(at_once),
            places: Arc::new(Semaphore::new(at_once)),
            waiting: AtomicUsize::new(0),
            wait,
            dummy,
        }))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Method, &mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            self.0.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Busy);
        }
        let place = tokio::time::timeout(self.0.wait, self.0.places.clone().acquire_owned()).await;
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        let place = place.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let method = self.0.method.clone();
        // The place goes with the work: a request that is given up does not let another begin beside it.
        let job = move |memory: &mut Memory| {
            let done = work(&method, memory);
            drop(place);
            done
        };
        self.0.threads.run(job).await.ok_or(Busy)
    }

    /// Hashes a chosen password (PHC string).
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        self.run(move |method, memory| method.hash(&password, memory)).await
    }

    /// Checks a typed password against a stored hash; None does the same work and finds it wrong.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn verify(&self, password: Password, stored: Option<&str>) -> Result<Verdict, Busy> {
        let known = stored.is_some();
        let phc = stored.unwrap_or(&self.0.dummy).to_owned();
        self.run(move |method, memory| {
            let matches = PasswordHash::new(&phc).ok().and_then(|stored| {
                let right = method.matches(&password, &stored, memory)?;
                let lesser = Params::try_from(&stored).is_ok_and(|stored| {
                    stored.m_cost() < method.parameters.m_cost() || stored.t_cost() < method.parameters.t_cost()
                });
                Some((right && known, lesser))
            });
            let (right, lesser) = matches.unwrap_or_default();
            Verdict { right, rehash: right && lesser }
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
