//! Configured options of the lake's object store, with their secrets.

use super::{ConfigError, Storage};

impl Storage {
    /// The options, secret ones included.
    ///
    /// # Errors
    /// A secret cannot be had.
    pub fn options(&self) -> Result<Vec<(String, String)>, ConfigError> {
        let plain = self.options.iter().map(|(name, value)| Ok((name.clone(), value.clone())));
        let secret =
            self.secret_options.iter().map(|(name, secret)| Ok((name.clone(), secret.reveal()?)));
        plain.chain(secret).collect()
    }
}
