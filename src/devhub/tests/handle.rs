//! The handle: how a devhub starts and ends, and what it says of itself.

use super::{HUB, soon, start};
use crate::devhub::{Devhub, DevhubConfig, DevhubError};
use std::time::Duration;
use tokio::net::TcpStream;

#[tokio::test]
async fn shutting_down_frees_the_port_and_ends_the_connections() {
    let devhub = start(1).await;
    let address = devhub.local_addr();
    let mut open = TcpStream::connect(address).await.unwrap();
    let other_handle = devhub.clone();
    soon("shutting down", devhub.shutdown()).await;
    soon("the end of the connection", ended(&mut open)).await;
    soon("shutting down again", other_handle.shutdown()).await;
    let config = DevhubConfig::default();
    soon("binding the port", Devhub::start(&config, address)).await.unwrap();
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_connections() {
    let devhub = start(1).await;
    let address = devhub.local_addr();
    let mut open = TcpStream::connect(address).await.unwrap();
    let clone = devhub.clone();
    drop(devhub);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(address).await.is_ok(), "one handle is left");
    drop(clone);
    soon("the end of the connection", ended(&mut open)).await;
}

/// Returns when the peer has ended the connection.
async fn ended(stream: &mut TcpStream) {
    let mut byte = [0];
    while let Ok(1..) = tokio::io::AsyncReadExt::read(stream, &mut byte).await {}
}

#[tokio::test]
async fn errors_name_what_exists() {
    let devhub = start(2).await;
    let error = devhub.append("signins", 0, "event").unwrap_err().to_string();
    assert_eq!(error, format!("unknown event hub \"signins\"; this devhub has {HUB}"));
    let error = devhub.truncate(HUB, 2, 0).unwrap_err().to_string();
    assert_eq!(error, format!("event hub \"{HUB}\" has no partition 2; it has 2, counted from 0"));
    let taken = Devhub::start(&DevhubConfig::default(), devhub.local_addr()).await;
    assert!(matches!(taken, Err(DevhubError::Listen { .. })));
}

#[tokio::test]
async fn the_connection_string_names_the_port_unless_it_is_the_usual_one() {
    let devhub = start(1).await;
    let port = devhub.local_addr().port();
    assert_eq!(
        devhub.connection_string(),
        format!(
            "Endpoint=sb://localhost:{port};SharedAccessKeyName=RootManageSharedAccessKey;\
             SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
        )
    );
}
