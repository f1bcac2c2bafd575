// swift-tools-version: 6.2
import PackageDescription

/// `PLUMBLINE_ROOMS=core` builds only the modules that need no external package: seconds instead of minutes,
/// and fit for sanitizers, coverage and fuzzing (CONTRIBUTING.md, "Working on the core").
let coreOnly = Context.environment["PLUMBLINE_ROOMS"] == "core"

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// - Parameter fixtures: the tests read files of the folder `Fixtures` beside them.
func tests(_ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: fixtures ? ["Fixtures"] : [], swiftSettings: strict)
}

let coreTargets: [Target] = [
    module("JSON"),
    module("Transport"),
    module("Commerce", ["JSON"]),
    module("Sync", ["Commerce", "JSON", "Transport"]),
    module("Shopify", ["Sync", "Commerce", "JSON", "Transport"], resources: [.embedInCode("GraphQL")]),
    module("Bloomreach", ["Sync", "Commerce", "JSON", "Transport"]),
    module("Flows", ["Shopify", "Bloomreach", "Sync", "Commerce"]),
    module("Twins", ["JSON", "Transport"]),
    module("Simulation", ["Flows", "Twins", "Shopify", "Bloomreach", "Sync", "Commerce", "JSON", "Transport"]),
    module("Conformance", ["Sync", "Commerce", "JSON"]),
    tests("JSONTests", ["JSON"]),
    tests("CommerceTests", ["Commerce", "JSON"]),
    tests("SyncTests", ["Sync", "Commerce", "JSON", "Transport", "Conformance"]),
    tests("ShopifyTests", ["Shopify", "Sync", "Commerce", "JSON", "Transport"]),
    tests("BloomreachTests", ["Bloomreach", "Sync", "Commerce", "JSON", "Transport"]),
    tests("TwinsTests", ["Twins", "JSON", "Transport"]),
    tests("SimulationTests", ["Simulation", "Twins", "Shopify", "Sync", "Commerce", "JSON", "Transport"]),
    tests("TidyTests", []),
]

let shellTargets: [Target] = [
    // zstd: fast compression before encryption (law 9); the distribution's own library, patched by it.
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    module("Vault", ["CZstd", .product(name: "Crypto", package: "swift-crypto")]),
    module("SQLiteStore", ["Vault", "Sync", "Commerce", "JSON", .product(name: "GRDB", package: "GRDB.swift")]),
    module(
        "Server",
        [
            "Flows", "SQLiteStore", "Vault", "Twins", "Sync", "Commerce", "JSON", "Transport", "Shopify", "Bloomreach",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Yams", package: "Yams"),
            .product(name: "NIOCore", package: "swift-nio"),
        ]),
    .executableTarget(
        name: "plumbline",
        dependencies: [
            "Server", "Simulation", "Sync", "Shopify", "Twins", "Transport", "Commerce", "JSON", "Vault",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        swiftSettings: strict),
    tests("VaultTests", ["Vault"]),
    tests(
        "SQLiteStoreTests",
        ["SQLiteStore", "Vault", "Sync", "Commerce", "Conformance", .product(name: "GRDB", package: "GRDB.swift")],
        fixtures: true),
    tests("ServerTests", ["Server", "Sync"]),
    tests(
        "ScenarioTests",
        ["JSON", "Vault", .product(name: "AsyncHTTPClient", package: "async-http-client")]),
]

/// Exact versions, so that two builds of one commit are the same program.
let shellPackages: [Package.Dependency] = [
    // Commands, help texts and usage errors.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    // SHA-256, HMAC and AES-GCM, constant-time.
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    // Structured logs.
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    // Byte buffers and event loops beneath the two HTTP packages.
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    // SQLite with migrations and prepared statements.
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    // The HTTP server.
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    // YAML with line marks, for the configuration.
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    // The HTTP client: connection pool, time-outs, TLS.
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    // Start order, signals and shutdown with a deadline.
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
]

let package = Package(
    name: "plumbline",
    platforms: [.macOS(.v15)],
    products: coreOnly ? [] : [.executable(name: "plumbline", targets: ["plumbline"])],
    dependencies: coreOnly ? [] : shellPackages,
    targets: coreOnly ? coreTargets : coreTargets + shellTargets
)
