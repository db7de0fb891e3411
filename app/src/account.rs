//! One's own account: registering, signing in, settings.

pub mod actions;
#[cfg(feature = "ssr")]
mod email;
#[cfg(feature = "ssr")]
mod login;
#[cfg(feature = "ssr")]
mod recovery;
pub mod recovery_actions;
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "ssr")]
mod tokens;

#[cfg(feature = "ssr")]
pub use {
    login::{Login, Register},
    recovery::{Forgot, ResetPassword, VerifyEmail},
    settings::{AccountSettings, SessionSettings},
    tokens::TokenSettings,
};
