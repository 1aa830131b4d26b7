// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "Whinchat",
    platforms: [.macOS(.v14), .iOS(.v17)],
    products: [.library(name: "Whinchat", targets: ["Whinchat"])],
    dependencies: [
        .package(url: "https://github.com/ml-explore/mlx-swift", .upToNextMinor(from: "0.31.3"))
    ],
    targets: [
        .target(
            name: "Whinchat",
            dependencies: [
                .product(name: "MLX", package: "mlx-swift"),
                .product(name: "MLXFFT", package: "mlx-swift"),
                .product(name: "MLXNN", package: "mlx-swift"),
            ])
    ],
    swiftLanguageModes: [.v5]
)
