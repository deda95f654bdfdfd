import Foundation
import Glibc
import TestSupport
import Testing
