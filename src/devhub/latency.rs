//! The distance between a client and the service.
//!
//! The AMQP library inside Microsoft's Rust client (fe2o3-amqp 0.16) was only ever tried against a
//! service that is milliseconds away. Against one on the loopback it loses races: the answer to the
//! end of a session finds the session forgotten, which costs the connection; an acknowledgement that
//! comes before its `send` has registered the message is lost, and the `send` waits for ever. So
//! everything that a devhub says travels for a moment, as it would from Azure.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex, split};
use tokio::net::TcpStream;
use tokio::sync::mpsc::channel;
use tokio::time::Instant;

/// From the service to the client; the way back is as fast as the loopback.
const LATENCY: Duration = Duration::from_millis(2);

/// Bytes and chunks under way before the sender has to wait.
const IN_FLIGHT_BYTES: usize = 1 << 20;
const IN_FLIGHT_CHUNKS: usize = 64;

/// The service's end of a connection whose far end is `socket`.
pub(super) fn at_a_distance(socket: TcpStream) -> DuplexStream {
    let (near, far) = duplex(IN_FLIGHT_BYTES);
    let (mut from_client, mut to_client) = socket.into_split();
    let (mut from_service, mut to_service) = split(far);
    let (depart, mut arrive) = channel::<(Instant, Vec<u8>)>(IN_FLIGHT_CHUNKS);
    tokio::spawn(async move {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from_service.read(&mut buffer).await {
            if depart.send((Instant::now() + LATENCY, buffer[..read].to_vec())).await.is_err() {
                break;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((due, bytes)) = arrive.recv().await {
            tokio::time::sleep_until(due).await;
            if to_client.write_all(&bytes).await.is_err() {
                break;
            }
        }
    });
    tokio::spawn(async move {
        // Ends with the client's last word, which the service then reads as the end.
        let _ = tokio::io::copy(&mut from_client, &mut to_service).await;
        let _ = to_service.shutdown().await;
    });
    near
}
