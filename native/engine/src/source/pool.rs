//! Buffers that come back: Arrow consumers drop them, the next window fills them again.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_buffer::{ArrowNativeType, Buffer, ToByteSlice};
use bytes::Bytes;

/// More than this many waiting buffers are given back to the allocator.
const KEPT: usize = 4;

/// Vectors of one element type, waiting to be filled again.
#[derive(Clone, Debug)]
pub struct Pool<T>(Arc<Mutex<Vec<Vec<T>>>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Pool<T> {
    /// A vector with what a former user left in it, or a new one.
    #[must_use]
    pub fn take(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keep a vector for the next user.
    pub fn give(&self, vector: Vec<T>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < KEPT {
            waiting.push(vector);
        }
    }
}

impl<T: ArrowNativeType> Pool<T> {
    /// Lend a vector to Arrow; it returns to this pool when the last reader drops it.
    #[must_use]
    pub fn lend(&self, vector: Vec<T>) -> Buffer {
        Buffer::from(Bytes::from_owner(Lent { vector, pool: self.clone() }))
    }
}

struct Lent<T> {
    vector: Vec<T>,
    pool: Pool<T>,
}

impl<T: ArrowNativeType> AsRef<[u8]> for Lent<T> {
    fn as_ref(&self) -> &[u8] {
        self.vector.as_slice().to_byte_slice()
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        self.pool.give(std::mem::take(&mut self.vector));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lent_vector_returns_when_the_last_reader_is_done() {
        let pool = Pool::<i64>::default();
        let buffer = pool.lend(vec![1, 2, 3]);
        let reader = buffer.clone();
        drop(buffer);
        assert!(pool.take().is_empty());
        drop(reader);
        assert_eq!(pool.take(), [1, 2, 3]);
    }
}
