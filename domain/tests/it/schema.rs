//! The schema's history runs both ways.

use domain::store;
use migration::{Migrator, MigratorTrait};
use testing::Database;

#[tokio::test]
async fn migrations_go_up_and_down_and_up_again() {
    let database = Database::new();
    let (writer, _) = store::connect(database.url()).await.expect("connects");
    Migrator::up(&writer, None).await.expect("up");
    Migrator::down(&writer, None).await.expect("down");
    Migrator::up(&writer, None).await.expect("up again");
    assert!(Migrator::get_pending_migrations(&writer).await.expect("a list").is_empty());
}
