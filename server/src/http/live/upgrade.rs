//! The configuration of sockets, and the close codes for protocol errors. The `echo` example
//! includes this file too.

use axum::extract::ws::WebSocketUpgrade;
use shared::live::close;
use tungstenite::error::ProtocolError;

/// Configures a socket for little memory while idle, most of which is buffers, and for messages of
/// at most `longest` bytes.
pub fn configured(socket: WebSocketUpgrade, longest: usize) -> WebSocketUpgrade {
    socket
        .read_buffer_size(1_024)
        .write_buffer_size(0)
        .max_message_size(longest)
        .max_frame_size(longest)
}

/// The close code for a client's protocol error (RFC 6455, section 7.4.1); `None` if the connection
/// is lost.
pub fn code_for(error: axum::Error) -> Option<u16> {
    match *error.into_inner().downcast::<tungstenite::Error>().ok()? {
        tungstenite::Error::Capacity(_) => Some(close::TOO_LONG),
        tungstenite::Error::Utf8(_) => Some(close::NOT_UTF8),
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        tungstenite::Error::Protocol(_) => Some(close::PROTOCOL),
        _ => None,
    }
}
