import ArgumentParser
import Server


@main struct Plumbline: AsyncParsableCommand { func run() async throws {} }
