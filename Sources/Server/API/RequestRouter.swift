import Commerce
import Foundation
import Hummingbird
import HTTPTypes
import JSON
import Sync

/// Routes every incoming request by its path.
struct RequestRouter: HTTPResponder {
    typealias Context = BasicRequestContext

    let ingest: WebhookIngest
    let api: AdminAPI
    let token: AdminToken

    func respond(to request: Request, context: Context) async throws -> Response {
        let path = request.uri.path.split(separator: "/").map(String.init)
        switch (request.method, path.first) {
        case (.post, "webhooks"?) where path.count == 2:
            return await ingest.respond(to: request, connection: path[1].removingPercentEncoding ?? path[1])
        case (_, "webhooks"?):
            return path.count == 2
                ? Responses.problem(405, "method_not_allowed", "webhooks are sent by POST") : Self.notFound
        case (.get, "health"?) where path.count == 2: return api.health(path[1], request) ?? Self.notFound
        case (.get, "metrics"?) where path.count == 1: return await api.metricsText()
        case (.get, "openapi.json"?) where path.count == 1: return Responses.json(OpenAPI.document)
        case (_, "api"?) where path.count >= 3 && path[1] == "v1": return await admin(request, Array(path.dropFirst(2)))
        default: return Self.notFound
        }
    }

    static let notFound = Responses.problem(404, "not_found", "no such endpoint; GET /openapi.json lists them all")

    private func admin(_ request: Request, _ path: [String]) async -> Response {
        guard token.admits(request.headers[.authorization]) else {
            var response = Responses.problem(
                401, "unauthorised", "this needs the header Authorization: Bearer <admin.token>")
            response.headers[.wwwAuthenticate] = "Bearer"
            return response
        }
        do throws(StoreFailure) {
            return try await api.respond(request, path)
        } catch {
            return Responses.problem(503, error.code.rawValue, "the store is unavailable; see /health/ready")
        }
    }
}
