//! Faults on purpose: what a test can have happen to a devhub and to its clients.

use super::readers::{Eviction, Order};
use super::wire::State;
use super::{Devhub, DevhubError, Listening, listener, lock};
use std::time::Duration;

impl Devhub {
    /// Fault: ends every TCP connection without an AMQP close, as when the service's process ends;
    /// returns how many there were.
    pub fn kill_connections(&self) -> usize {
        self.running.connections.end(State::Cut)
    }

    /// Fault: resets every TCP connection; returns how many there were.
    pub fn reset_connections(&self) -> usize {
        self.running.connections.end(State::Reset)
    }

    /// Fault: lets nothing more through on the connections that there are, either way, while their
    /// sockets stay open, as when a firewall has forgotten them; returns how many there were.
    /// Connections that are made later are well.
    pub fn freeze_connections(&self) -> usize {
        self.running.connections.go_dead()
    }

    /// Fault: closes every connection with `amqp:connection:forced`, as a service upgrade does.
    pub fn force_close_connections(&self) {
        self.running.connections.force_close();
    }

    /// Fault: closes the link of every reader of a partition with an AMQP error condition, such as
    /// `amqp:link:detach-forced`.
    ///
    /// # Errors
    /// [`DevhubError::UnknownHub`] or [`DevhubError::UnknownPartition`].
    pub fn detach_readers(
        &self,
        hub: &str,
        partition: usize,
        condition: &str,
    ) -> Result<(), DevhubError> {
        let order = Order::Leave(Eviction::Injected(condition.to_owned()));
        self.partition(hub, partition)?.readers.order_all(&order);
        Ok(())
    }

    /// Fault: gives the readers that a partition has now nothing more, though their links stay and
    /// events are enqueued; returns how many they are. Readers that come later are well.
    ///
    /// # Errors
    /// [`DevhubError::UnknownHub`] or [`DevhubError::UnknownPartition`].
    pub fn silence_readers(&self, hub: &str, partition: usize) -> Result<usize, DevhubError> {
        Ok(self.partition(hub, partition)?.readers.order_all(&Order::FallSilent))
    }

    /// Fault: sends every reader away with an AMQP error condition, such as
    /// `com.microsoft:server-busy`, and refuses links, messages and questions with it until
    /// [`Devhub::recover`].
    pub fn refuse(&self, condition: &str) {
        let namespace = &self.running.namespace;
        namespace.faults.refuse(Some(condition));
        let order = Order::Leave(Eviction::Injected(condition.to_owned()));
        for partition in namespace.partitions() {
            partition.readers.order_all(&order);
        }
    }

    /// Fault: has every token that was put so far run out at once, which closes the links that need
    /// one with `amqp:unauthorized-access`.
    pub fn expire_tokens(&self) {
        self.running.connections.expire_tokens();
    }

    /// Fault: refuses every token with 401 until [`Devhub::recover`]. Links that have one stay.
    pub fn refuse_tokens(&self) {
        self.running.namespace.faults.refuse_tokens(true);
    }

    /// Fault: acknowledges messages and answers questions only after a delay, until
    /// [`Devhub::recover`].
    pub fn answer_after(&self, delay: Duration) {
        self.running.namespace.faults.answer_after(delay);
    }

    /// Ends the faults that last: [`Devhub::refuse`], [`Devhub::refuse_tokens`] and
    /// [`Devhub::answer_after`].
    pub fn recover(&self) {
        let faults = &self.running.namespace.faults;
        faults.refuse(None);
        faults.refuse_tokens(false);
        faults.answer_after(Duration::ZERO);
    }

    /// Fault: drops all events below a sequence number, as the end of the retention time does.
    ///
    /// # Errors
    /// [`DevhubError::UnknownHub`] or [`DevhubError::UnknownPartition`].
    pub fn truncate(
        &self,
        hub: &str,
        partition: usize,
        before_sequence_number: i64,
    ) -> Result<(), DevhubError> {
        self.partition(hub, partition)?.truncate(before_sequence_number);
        Ok(())
    }

    /// Fault: cuts all connections, refuses new ones for `down`, and listens again on the same port
    /// with all events kept, as a service that is restarted.
    ///
    /// # Errors
    /// [`DevhubError::Listen`] if somebody else has taken the port meanwhile.
    pub async fn restart(&self, down: Duration) -> Result<(), DevhubError> {
        self.shutdown().await;
        tokio::time::sleep(down).await;
        let running = &self.running;
        let address = running.local_addr;
        let cannot_listen = |source| DevhubError::Listen { address, source };
        let listener = listener::bind(address).await.map_err(cannot_listen)?;
        let listening = Listening::new(listener, &running.namespace, &running.connections);
        *lock(&running.listening) = Some(listening);
        Ok(())
    }
}
