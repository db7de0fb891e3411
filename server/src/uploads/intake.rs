//! How much memory uploads may take on their way in: all together, and so many of each person's at
//! a time.

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
/// What a permit stands for, in bytes.
const PIECE: usize = 64 * 1_024;
/// Uploads of one person at a time; less than [`MEMORY`] by far, so that nobody keeps others out.
const OF_EACH: usize = 3;
/// How long an upload waits, for those of the same person before it or for memory.
const PATIENCE: Duration = Duration::from_secs(20);
/// People remembered before those without an upload are forgotten.
const PEOPLE: usize = 1_000;

/// The uploads of one process.
#[derive(Clone)]
pub struct Intake {
    memory: Arc<Semaphore>,
    people: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
    patience: Duration,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            memory: Arc::new(Semaphore::new(MEMORY / PIECE)),
            people: Arc::default(),
            patience: PATIENCE,
        }
    }
}

/// Room for an upload, given back when dropped.
pub struct UploadPermit {
    memory: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    bytes: usize,
    patience: Duration,
    _turn: OwnedSemaphorePermit,
}

impl Intake {
    /// Waits until this person may send another upload.
    ///
    /// # Errors
    /// [`Kind::Throttled`] if those before it take too long.
    pub async fn admit(&self, person: UserId) -> Result<UploadPermit, AppError> {
        let turns = {
            let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
            if people.len() > PEOPLE {
                people.retain(|_, turns| Arc::strong_count(turns) > 1);
            }
            people
                .entry(person)
                .or_insert_with(|| Arc::new(Semaphore::new(OF_EACH)))
                .clone()
        };
        let turn = timeout(self.patience, turns.acquire_owned()).await.ok().and_then(Result::ok).ok_or_else(|| {
            let message = "You are sending several pictures already. Please wait until they are done, then try again.";
            AppError { retry_after: Some(20), ..AppError::new(Kind::Throttled, message) }
        })?;
        Ok(UploadPermit {
            memory: self.memory.clone(),
            held: None,
            bytes: 0,
            patience: self.patience,
            _turn: turn,
        })
    }
}

impl UploadPermit {
    /// Waits for memory for so many bytes more.
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
        let more = timeout(self.patience, more)
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
    async fn one_person_has_so_many_at_a_time_and_keeps_nobody_out() {
        let intake = Intake {
            patience: Duration::from_millis(20),
            ..Intake::default()
        };
        let mut places = Vec::new();
        for _ in 0..OF_EACH {
            let mut permit = intake.admit(UserId(1)).await.expect("a permit");
            permit.grow(UPLOAD_MAX).await.expect("memory");
            places.push(permit);
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
        places.pop();
        intake.admit(UserId(1)).await.expect("a permit again");
    }

    #[tokio::test]
    async fn memory_is_bounded_and_comes_back() {
        let intake = Intake {
            patience: Duration::from_millis(20),
            ..Intake::default()
        };
        let mut places = Vec::new();
        for person in 0..i64::try_from(MEMORY / UPLOAD_MAX).expect("few") {
            let mut permit = intake.admit(UserId(person)).await.expect("a permit");
            for _ in 0..UPLOAD_MAX / 1_024 {
                permit.grow(1_024).await.expect("memory");
            }
            places.push(permit);
        }
        let mut late = intake.admit(UserId(-1)).await.expect("a permit");
        assert_eq!(
            late.grow(1).await.expect_err("is refused").kind,
            Kind::Unavailable
        );
        places.clear();
        assert_eq!(intake.memory.available_permits(), MEMORY / PIECE);
    }
}
