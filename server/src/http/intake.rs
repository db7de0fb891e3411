//! Limits for uploads in progress: memory in total, and uploads per user.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::Error;
use shared::{AppError, Kind, UPLOAD_MAX, UserId};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Memory for all uploads, in bytes.
const MEMORY: usize = 16 * UPLOAD_MAX;
/// Bytes per permit of the memory semaphore.
const PIECE: usize = 64 * 1_024;
/// Concurrent uploads per user; far below [`MEMORY`], so that one user cannot block the others.
const UPLOADS_PER_USER: usize = 3;
/// How long an upload waits for the user's other uploads, or for memory.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
/// Users in the map before those without an upload are removed.
const MAX_USERS: usize = 1_000;

/// The upload limits of one process.
#[derive(Clone)]
pub struct Intake {
    memory: Arc<Semaphore>,
    people: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
    acquire_timeout: Duration,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            memory: Arc::new(Semaphore::new(MEMORY / PIECE)),
            people: Arc::default(),
            acquire_timeout: ACQUIRE_TIMEOUT,
        }
    }
}

/// An upload's slot and memory; released when dropped.
pub struct UploadPermit {
    memory: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    bytes: usize,
    acquire_timeout: Duration,
    _slot: OwnedSemaphorePermit,
}

impl Intake {
    /// Waits for one of the user's upload slots.
    ///
    /// # Errors
    /// [`Kind::Throttled`] if the user's other uploads take too long.
    pub async fn admit(&self, person: UserId) -> Result<UploadPermit, AppError> {
        let slots = {
            let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
            if people.len() > MAX_USERS {
                people.retain(|_, slots| Arc::strong_count(slots) > 1);
            }
            people
                .entry(person)
                .or_insert_with(|| Arc::new(Semaphore::new(UPLOADS_PER_USER)))
                .clone()
        };
        let slot = timeout(self.acquire_timeout, slots.acquire_owned())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| AppError::new(Kind::Throttled, "uploads-at-once").retry_in(20))?;
        Ok(UploadPermit {
            memory: self.memory.clone(),
            held: None,
            bytes: 0,
            acquire_timeout: self.acquire_timeout,
            _slot: slot,
        })
    }
}

impl UploadPermit {
    /// Waits for memory for this many more bytes.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] if other uploads hold it for too long.
    pub async fn grow(&mut self, bytes: usize) -> Result<(), AppError> {
        self.bytes += bytes;
        let held = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = self
            .bytes
            .div_ceil(PIECE)
            .checked_sub(held)
            .filter(|more| *more > 0)
        else {
            return Ok(());
        };
        let more = self
            .memory
            .clone()
            .acquire_many_owned(u32::try_from(more).unwrap_or(u32::MAX));
        let more = timeout(self.acquire_timeout, more)
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or_else(Error::busy)?;
        match &mut self.held {
            Some(held) => held.merge(more),
            held => *held = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn uploads_per_user_are_limited_and_do_not_block_others() {
        let intake = Intake {
            acquire_timeout: Duration::from_millis(20),
            ..Intake::default()
        };
        let mut permits = Vec::new();
        for _ in 0..UPLOADS_PER_USER {
            let mut permit = intake.admit(UserId(1)).await.expect("a permit");
            permit.grow(UPLOAD_MAX).await.expect("memory");
            permits.push(permit);
        }
        let refused = intake.admit(UserId(1)).await.err().expect("is refused");
        assert!(refused.kind == Kind::Throttled && refused.retry_after.is_some());
        intake
            .admit(UserId(2))
            .await
            .expect("another person's permit")
            .grow(UPLOAD_MAX)
            .await
            .expect("memory");
        permits.pop();
        intake.admit(UserId(1)).await.expect("a permit again");
    }

    #[tokio::test]
    async fn memory_is_bounded_and_released() {
        let intake = Intake {
            acquire_timeout: Duration::from_millis(20),
            ..Intake::default()
        };
        let mut permits = Vec::new();
        for person in 0..i64::try_from(MEMORY / UPLOAD_MAX).expect("few") {
            let mut permit = intake.admit(UserId(person)).await.expect("a permit");
            for _ in 0..UPLOAD_MAX / 1_024 {
                permit.grow(1_024).await.expect("memory");
            }
            permits.push(permit);
        }
        let mut late = intake.admit(UserId(-1)).await.expect("a permit");
        assert_eq!(
            late.grow(1).await.expect_err("is refused").kind,
            Kind::Unavailable
        );
        permits.clear();
        assert_eq!(intake.memory.available_permits(), MEMORY / PIECE);
    }
}
