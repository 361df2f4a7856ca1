//! Connections: each has a bounded time for its headers, and ends in good order when the service
//! stops. (`axum::serve` waits for headers for ever.)

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// How long nothing is accepted after that failed: mostly too many files are open. By hand.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stopped` is done, and then until all requests have ended. Who sends no whole
/// header within `headers`, be it the first or the next, is cut off.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    headers: Duration,
    stopped: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(headers);
    let connections = GracefulShutdown::new();
    tokio::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopped => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // What went wrong is the client's: it has gone, or sent what is no HTTP.
            let _ = connection.await;
        });
    }
    // Nobody who comes now is let in.
    drop(listener);
    connections.shutdown().await;
}
