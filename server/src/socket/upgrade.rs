//! How sockets are set up, and what is said of a client that breaks the protocol. Also built into
//! the echo that a fuzzing client tries.

use axum::extract::ws::WebSocketUpgrade;
use shared::live::close;
use tungstenite::error::ProtocolError;

/// Sets a socket up to cost little while idle, which is mostly its buffers, and to take messages of
/// so many bytes.
pub fn configured(socket: WebSocketUpgrade, longest: usize) -> WebSocketUpgrade {
    socket
        .read_buffer_size(1_024)
        .write_buffer_size(0)
        .max_message_size(longest)
        .max_frame_size(longest)
}

/// The code to close with when what was sent is against RFC 6455, which has one for each way
/// (section 7.4.1); none if there is nobody left to tell.
pub fn code_for(error: axum::Error) -> Option<u16> {
    match *error.into_inner().downcast::<tungstenite::Error>().ok()? {
        tungstenite::Error::Capacity(_) => Some(close::TOO_LONG),
        tungstenite::Error::Utf8(_) => Some(close::NOT_UTF8),
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        tungstenite::Error::Protocol(_) => Some(close::PROTOCOL),
        _ => None,
    }
}
