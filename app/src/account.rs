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
pub use login::Login;
#[cfg(feature = "ssr")]
pub use login::Register;
#[cfg(feature = "ssr")]
pub use recovery::{Forgot, ResetPassword, VerifyEmail};
#[cfg(feature = "ssr")]
pub use settings::AccountSettings;
#[cfg(feature = "ssr")]
pub use settings::SessionSettings;
#[cfg(feature = "ssr")]
pub use tokens::TokenSettings;
