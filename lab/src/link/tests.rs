use super::*;

/// A link to a server that gives back what it gets.
async fn echo(condition: Condition) -> (TcpStream, watch::Sender<Condition>) {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = server.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = server.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await
            });
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = watch::channel(condition);
    tokio::spawn(serve(listener, to, receiver));
    (TcpStream::connect(address).await.unwrap(), sender)
}

async fn ask(stream: &mut TcpStream) -> std::io::Result<[u8; 4]> {
    stream.write_all(b"ping").await?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_link_that_is_well_passes_everything_in_order() {
    let (mut stream, _condition) = echo(Condition::Well).await;
    let sent: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    let (mut read, mut write) = stream.split();
    let mut received = vec![0; sent.len()];
    let (wrote, got) = tokio::join!(write.write_all(&sent), read.read_exact(&mut received));
    wrote.unwrap();
    got.unwrap();
    assert!(received == sent);
}

#[tokio::test]
async fn an_end_that_is_done_is_told_to_the_other() {
    let (mut stream, _condition) = echo(Condition::Well).await;
    stream.write_all(b"last").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"last");
}

#[tokio::test]
async fn a_delay_is_felt_in_both_directions() {
    let (mut stream, condition) = echo(Condition::Delay(Duration::from_millis(60))).await;
    let begun = Instant::now();
    ask(&mut stream).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(120));
    condition.send(Condition::Well).unwrap();
    assert_eq!(&ask(&mut stream).await.unwrap(), b"ping");
}

#[tokio::test]
async fn a_stalled_link_passes_nothing_until_it_is_well() {
    let (mut stream, condition) = echo(Condition::Stall).await;
    let waited = tokio::time::timeout(Duration::from_millis(100), ask(&mut stream)).await;
    assert!(waited.is_err());
    condition.send(Condition::Well).unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"ping");
}

#[tokio::test]
async fn a_broken_connection_ends_with_a_reset() {
    let (mut stream, _condition) = echo(Condition::Reset(1.0)).await;
    let error = ask(&mut stream).await.unwrap_err();
    let kinds = [std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::UnexpectedEof];
    assert!(kinds.contains(&error.kind()), "{error:?}");
}

#[tokio::test]
async fn a_break_in_one_direction_ends_the_other() {
    // The second piece is the one that breaks: the first got through, the answer to it doesn't come.
    let (mut stream, _condition) = echo(Condition::Reset(0.5)).await;
    let ended = tokio::time::timeout(Duration::from_secs(5), ask(&mut stream)).await;
    ended.expect("it hangs instead of breaking off").unwrap_err();
}
