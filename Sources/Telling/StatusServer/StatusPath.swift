/// The paths that are served; what is said of each here stands in the reference.
enum StatusPath: String, CaseIterable {
    /// The page for people, in HTML.
    /// - `lang`: its language, `nl` or `en`; Dutch without it.
    case page = "/"
    /// The style sheet of the page.
    case style = "/style.css"
    /// The metrics in the Prometheus text format, version 0.0.4: see [metrics.md](metrics.md).
    case metrics = "/metrics"
    /// 200 while the process answers.
    case healthy = "/-/healthy"
    /// 200 once probing has started, 503 before.
    case ready = "/-/ready"
    /// Reads the configuration again: 200, or 400 with a mistake on each line, and then the old one
    /// stays in force. 403 when it comes from a web page or by a foreign name.
    case reload = "/-/reload"
    /// The whole status, in JSON.
    /// - `id`: a service or endpoint that the verdict is about; may be given 64 times.
    case status = "/api/v1/status"
    /// What `vitaal status` prints, within JSON.
    /// - `id`: a service or endpoint to show in detail; may be given 64 times.
    /// - `width`: the columns of the terminal; 80 without it.
    /// - `color`: `1` for colours.
    /// - `lang`: the language, `nl` or `en`; English without it.
    case statusText = "/api/v1/status/text"
    /// Whether the monitor itself can be believed, in JSON.
    case monitor = "/api/v1/monitor"
    /// The pending and firing alerts, in JSON.
    case alerts = "/api/v1/alerts"
    /// What services promise and what is left of their error budgets, in JSON.
    case objectives = "/api/v1/objectives"
    /// Why a subject paged, or why it did not, in JSON; 404 when nothing has this name.
    /// - `subject`: the id of a service or endpoint, or the number of an incident; needed.
    case why = "/api/v1/why"
    /// What operators did that holds or is going to, in JSON.
    case actions = "/api/v1/actions"
    /// The open incidents and those that ended within a day, in JSON.
    case incidents = "/api/v1/incidents"
    /// Carries out what an operator asks for, in JSON: 200; 400 when the body is no order; 401
    /// without the token of the data directory (`Authorization: Bearer TOKEN`); 403 when it comes
    /// from a web page or by a foreign name; 422, with the reason, when it cannot be done.
    case orders = "/api/v1/orders"

    /// The methods that are allowed, as the Allow header says them.
    var methods: String {
        switch self {
        case .reload, .orders: "POST"
        default: "GET, HEAD"
        }
    }
}
