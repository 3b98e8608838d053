/// One schema change, as its SQL file says it. A migration is never modified once it has shipped.
public struct Migration: Hashable, Sendable {
    /// From 1, without gaps.
    public let number: Int
    public let name: String
    public let sql: String
}

/// The schema changes in the order in which they are applied. Append only.
public enum MigrationList {
    public static let sqlite: [Migration] = [
        Migration(number: 1, name: "initial", sql: text(PackageResources._001_initial_sql)),
        Migration(
            number: 2, name: "knowledge_terms_leave", sql: text(PackageResources._002_knowledge_terms_leave_sql)),
        Migration(number: 3, name: "review", sql: text(PackageResources._003_review_sql)),
        Migration(number: 4, name: "shadow", sql: text(PackageResources._004_shadow_sql)),
        Migration(number: 5, name: "entities", sql: text(PackageResources._005_entities_sql)),
        Migration(number: 6, name: "classifiers", sql: text(PackageResources._006_classifiers_sql)),
        Migration(number: 8, name: "storage", sql: text(PackageResources._008_storage_sql)),
        Migration(
            number: 9, name: "titles_and_settings", sql: text(PackageResources._009_titles_and_settings_sql)),
        Migration(number: 10, name: "phrases", sql: text(PackageResources._010_phrases_sql)),
        Migration(number: 11, name: "people", sql: text(PackageResources._011_people_sql)),
        Migration(number: 13, name: "audit", sql: text(PackageResources._013_audit_sql)),
        Migration(number: 14, name: "webhooks", sql: text(PackageResources._014_webhooks_sql)),
        Migration(number: 15, name: "customers", sql: text(PackageResources._015_customers_sql)),
        Migration(number: 16, name: "teams", sql: text(PackageResources._016_teams_sql)),
        Migration(number: 17, name: "marks", sql: text(PackageResources._017_marks_sql)),
        Migration(number: 18, name: "collections", sql: text(PackageResources._018_collections_sql)),
        Migration(number: 19, name: "actions", sql: text(PackageResources._019_actions_sql)),
        Migration(number: 20, name: "connectors", sql: text(PackageResources._020_connectors_sql)),
        Migration(
            number: 21, name: "smaller_vectors", sql: text(PackageResources._021_smaller_vectors_sql)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
