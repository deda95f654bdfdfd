public import HealthModel

/// The value of one sample, kept exact until it is written.
public enum SampleValue: Sendable, Hashable {
    /// A whole number.
    case integer(Int64)
    /// `mantissa / 10^digits`, written exactly: 1500 with 3 digits is `1.5`.
    case decimal(mantissa: Int64, digits: Int)
    /// A floating-point number in its shortest form that reads back the same; `NaN`, `+Inf`, `-Inf`.
    case double(Double)

    /// 1 or 0.
    public static func flag(_ isTrue: Bool) -> SampleValue { .integer(isTrue ? 1 : 0) }

    /// A number of things.
    public static func count(_ count: Int) -> SampleValue { .integer(Int64(count)) }

    /// Microseconds, written in seconds.
    public static func microseconds(_ microseconds: Int64) -> SampleValue {
        .decimal(mantissa: microseconds, digits: 6)
    }

    /// A duration, written in seconds to the nanosecond.
    public static func duration(_ duration: Duration) -> SampleValue {
        .decimal(mantissa: duration.nanoseconds, digits: 9)
    }

    /// An instant, written in seconds since the Unix epoch.
    public static func timestamp(_ timestamp: Timestamp) -> SampleValue {
        .decimal(mantissa: timestamp.nanoseconds, digits: 9)
    }

    /// Appends the value as Go's ParseFloat reads it.
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .integer(let value):
            if value < 0 { bytes.append(UInt8(ascii: "-")) }
            appendDigits(value.magnitude, to: &bytes)
        case .decimal(let mantissa, let digits):
            appendDecimal(mantissa, digits: digits, to: &bytes)
        case .double(let value):
            appendDouble(value, to: &bytes)
        }
    }
}

/// Appends the digits of `value`, at least `width` of them.
private func appendDigits(_ value: UInt64, width: Int = 1, to bytes: inout [UInt8]) {
    let start = bytes.count
    var rest = value
    repeat {
        bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
    } while rest > 0 || bytes.count - start < width
    var low = start
    var high = bytes.count - 1
    while low < high {
        bytes.swapAt(low, high)
        low += 1
        high -= 1
    }
}

/// Appends `mantissa / 10^digits` without trailing zeros.
private func appendDecimal(_ mantissa: Int64, digits: Int, to bytes: inout [UInt8]) {
    precondition((0...18).contains(digits), "a power of ten that no UInt64 holds")
    var scale: UInt64 = 1
    for _ in 0..<digits { scale *= 10 }
    if mantissa < 0 { bytes.append(UInt8(ascii: "-")) }
    let (whole, fraction) = mantissa.magnitude.quotientAndRemainder(dividingBy: scale)
    appendDigits(whole, to: &bytes)
    guard fraction > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    appendDigits(fraction, width: digits, to: &bytes)
    while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
}

/// Appends a floating-point number; whole ones that a Double holds exactly look like integers.
private func appendDouble(_ value: Double, to bytes: inout [UInt8]) {
    if value.isNaN {
        bytes.append(contentsOf: "NaN".utf8)
    } else if value.isInfinite {
        bytes.append(contentsOf: (value < 0 ? "-Inf" : "+Inf").utf8)
    } else if value.magnitude <= 0x1p53, Double(Int64(value)) == value {
        SampleValue.integer(Int64(value)).append(to: &bytes)
    } else {
        // Swift's description is the shortest text that reads back as the same Double.
        bytes.append(contentsOf: value.description.utf8)
    }
}
