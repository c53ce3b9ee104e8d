//! What a test has a devhub do wrong, beyond what happens to its connections; nothing, unless asked.

use super::conditions;
use super::lock;
use fe2o3_amqp_types::definitions::Error;
use std::sync::Mutex;
use std::time::Duration;

/// The faults that last until they are taken back.
#[derive(Default)]
pub(super) struct Faults(Mutex<Lasting>);

#[derive(Default)]
struct Lasting {
    /// The condition with which links, messages and questions are refused.
    refusal: Option<String>,
    tokens_refused: bool,
    delay: Duration,
}

impl Faults {
    pub(super) fn refuse(&self, condition: Option<&str>) {
        lock(&self.0).refusal = condition.map(str::to_owned);
    }

    pub(super) fn refuse_tokens(&self, refused: bool) {
        lock(&self.0).tokens_refused = refused;
    }

    pub(super) fn answer_after(&self, delay: Duration) {
        lock(&self.0).delay = delay;
    }

    /// What a link, message or question is told instead of being taken.
    pub(super) fn check(&self) -> Result<(), Error> {
        match &lock(&self.0).refusal {
            Some(condition) => Err(conditions::injected(condition)),
            None => Ok(()),
        }
    }

    pub(super) fn are_tokens_refused(&self) -> bool {
        lock(&self.0).tokens_refused
    }

    /// Returns when an acknowledgement or a reply may go out.
    pub(super) async fn before_an_answer(&self) {
        let delay = lock(&self.0).delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }
}
