import Foundation

/// Every text file that is ours: the folders below, and the files at the root.
enum Repository {
    static let folders = ["Sources", "Tests", "docs", "tools", ".ci"]
    /// Written by tools, not by us, and not committed.
    static let leftOut: Set<String> = ["Package.resolved", "__pycache__", ".DS_Store"]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Sorted by path.
    static let files: [TextFile] = {
        let top = names(in: root).filter { !isFolder(root.appending(path: $0)) }
        let nested = folders.flatMap { walk($0) }
        return (top + nested).sorted().compactMap(read)
    }()

    private static func names(in folder: URL) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { !leftOut.contains($0) }
    }

    private static func isFolder(_ url: URL) -> Bool {
        (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
    }

    private static func walk(_ path: String) -> [String] {
        let url = root.appending(path: path)
        guard isFolder(url) else { return [] }
        return names(in: url).flatMap { name in
            isFolder(url.appending(path: name)) ? walk("\(path)/\(name)") : ["\(path)/\(name)"]
        }
    }

    /// `nil` for a file that is no text.
    private static func read(_ path: String) -> TextFile? {
        guard let data = try? Data(contentsOf: root.appending(path: path)), !data.contains(0) else { return nil }
        return TextFile(path: path, bytes: Array(data))
    }
}
