//! The threads that hash passwords, each with a memory of its own for Argon2.
//!
//! | what     | why                                                                                             |
//! |----------|-------------------------------------------------------------------------------------------------|
//! | memory   | taken at a thread's first hash and kept: 19 MiB anew for each would cost a tenth more CPU, and  |
//! |          | hold a piece for every thread that ever hashed                                                  |
//! | priority | below the threads that answer (Linux: niceness 10), so that a page goes first                   |
//!
//! What a hash leaves in the memory is overwritten by the next one.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;
use tokio::sync::oneshot;

/// Scratch of one thread, in blocks of 1 KiB.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// At least so many blocks; what they hold is of no account.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// A handle on the threads; they end when the last one is dropped.
pub(super) struct Threads(Sender<Job>);

impl Threads {
    /// Starts so many.
    pub(super) fn start(count: usize) -> Self {
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..count {
            let receiver = receiver.clone();
            std::thread::Builder::new()
                .name("hashing".into())
                .spawn(move || work(&receiver))
                .expect("a process may have a few threads more");
        }
        Self(sender)
    }

    /// Does the work on the next free thread; None when it panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |memory: &mut Memory| {
            // Whoever asked may have gone away meanwhile.
            let _ = answer.send(work(memory));
        });
        self.0.send(job).ok()?;
        answered.await.ok()
    }
}

fn work(receiver: &Mutex<Receiver<Job>>) {
    #[cfg(target_os = "linux")]
    {
        // Of this thread alone. Refused, it only means that pages wait longer under a storm of sign-ins.
        let _ = rustix::process::setpriority_process(None, 10);
    }
    let mut memory = Memory::default();
    loop {
        let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A panic costs its own caller the answer, and nobody else the thread.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut memory))).is_err() {
            memory = Memory::default();
        }
    }
}
