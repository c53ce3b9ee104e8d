//! The wire between a client and the service: how long it is, and what can happen to it.
//!
//! The AMQP library inside Microsoft's Rust client (fe2o3-amqp 0.16) was only ever tried against a
//! service that is milliseconds away. Against one on the loopback it loses races: the answer to the
//! end of a session finds the session forgotten, which costs the connection; an acknowledgement that
//! comes before its `send` has registered the message is lost, and the `send` waits for ever. So
//! everything that a devhub says travels for a moment, as it would from Azure.

use super::frames::Completion;
use socket2::SockRef;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex, split,
};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// From the service to the client; the way back is as fast as the loopback.
const LATENCY: Duration = Duration::from_millis(2);

/// Bytes and chunks under way before the sender has to wait.
const IN_FLIGHT_BYTES: usize = 1 << 20;
const IN_FLIGHT_CHUNKS: usize = 64;

/// For an end that does not hang up after the other has.
const PATIENCE: Duration = Duration::from_secs(5);

/// What has become of a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Whole,
    /// Both ends believe in it, but nothing comes through any more.
    Dead,
    /// Closed without an AMQP close, as when the peer's process ends.
    Cut,
    /// Reset, as when the peer's machine has forgotten the connection.
    Reset,
}

/// The handle of a wire. When it is dropped, the wire goes on until either end hangs up.
pub(super) struct Wire(watch::Sender<State>);

impl Wire {
    pub(super) fn change(&self, state: State) {
        self.0.send_replace(state);
    }

    /// Whether both ends can still hear each other.
    pub(super) fn is_whole(&self) -> bool {
        *self.0.borrow() == State::Whole
    }
}

/// Lays a wire from `socket`; gives the service's end of it.
pub(super) fn lay(socket: TcpStream) -> (DuplexStream, Wire) {
    let (near, far) = duplex(IN_FLIGHT_BYTES);
    let (sender, state) = watch::channel(State::Whole);
    tokio::spawn(run(socket, far, state));
    (near, Wire(sender))
}

async fn run(mut socket: TcpStream, far: DuplexStream, state: watch::Receiver<State>) {
    let (depart, arrive) = channel::<(Instant, Vec<u8>)>(IN_FLIGHT_CHUNKS);
    let (from_service, to_service) = split(far);
    let (from_client, to_client) = socket.split();
    let both_ways = async {
        let mut to_client = pin!(async {
            tokio::join!(
                listen_to_service(from_service, depart),
                speak_to_client(arrive, to_client, &state)
            );
        });
        let mut to_service = pin!(carry_to_service(from_client, to_service, &state));
        // Whoever has hung up first, the other end does so too if it is well.
        tokio::select! {
            () = &mut to_client => drop(timeout(PATIENCE, to_service).await),
            () = &mut to_service => drop(timeout(PATIENCE, to_client).await),
        }
    };
    let broken = tokio::select! {
        () = both_ways => State::Cut,
        broken = broken(state.clone()) => broken,
    };
    if broken == State::Reset {
        // With no time to linger, closing a socket resets the connection.
        let _ = SockRef::from(&socket).set_linger(Some(Duration::ZERO));
    }
}

/// Resolves when the wire is cut or reset.
async fn broken(mut state: watch::Receiver<State>) -> State {
    let is_broken = |state: &State| matches!(state, State::Cut | State::Reset);
    let broken = state.wait_for(is_broken).await.map(|state| *state);
    match broken {
        Ok(state) => state,
        // Nobody holds the handle any more.
        Err(_) => std::future::pending().await,
    }
}

async fn listen_to_service(
    mut service: impl AsyncRead + Unpin,
    depart: Sender<(Instant, Vec<u8>)>,
) {
    let mut completion = Completion::default();
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = service.read(&mut buffer).await {
        let bytes = completion.pass(&buffer[..read]);
        if depart.send((Instant::now() + LATENCY, bytes)).await.is_err() {
            break;
        }
    }
}

async fn speak_to_client(
    mut arrive: Receiver<(Instant, Vec<u8>)>,
    mut client: impl AsyncWrite + Unpin,
    state: &watch::Receiver<State>,
) {
    while let Some((due, bytes)) = arrive.recv().await {
        tokio::time::sleep_until(due).await;
        let is_dead = *state.borrow() == State::Dead;
        if !is_dead && client.write_all(&bytes).await.is_err() {
            break;
        }
    }
    if *state.borrow() != State::Dead {
        let _ = client.shutdown().await;
    }
}

async fn carry_to_service(
    mut client: impl AsyncRead + Unpin,
    mut service: impl AsyncWrite + Unpin,
    state: &watch::Receiver<State>,
) {
    let mut buffer = vec![0; 1 << 16];
    // Ends with the client's last word, which the service then reads as the end.
    while let Ok(read @ 1..) = client.read(&mut buffer).await {
        let is_dead = *state.borrow() == State::Dead;
        if !is_dead && service.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    if *state.borrow() == State::Dead {
        // Not even that comes through.
        broken(state.clone()).await;
    }
    let _ = service.shutdown().await;
}
