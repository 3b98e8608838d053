import BERT
import ConversationDomain
import DataFolder
import Foundation
import Hosting
import SQLiteStore
import TensorFiles

/// A failure that the user is told in one line, with the exit code of its kind (after BSD's sysexits).
package struct CommandFailure: Error {
    package enum Kind: Int32 {
        /// The input data are wrong.
        case data = 65
        /// An input file is not there.
        case noInput = 66
        /// Something that is needed is not there: a model, the port.
        case unavailable = 69
        /// Our own fault.
        case software = 70
        /// A file or folder cannot be made.
        case cannotCreate = 73
        /// Reading or writing failed.
        case io = 74
        /// Asked for something that must not be.
        case refused = 77
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// What a failure of any module means to the user.
    package init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as StoreError:
            switch error.code {
            case .io: self.init(.io, error.message)
            case .busy: self.init(.unavailable, error.message)
            case .notADatabase, .foreign, .newer, .altered, .damaged: self.init(.data, error.message)
            }
        case let error as ChatError:
            self.init(error.code == .internal ? .software : .unavailable, error.message)
        case let failure as ListeningFailure: self.init(.unavailable, failure.message)
        case let error as ModelError: self.init(.data, error.message)
        default: self.init(.software, "\(error)")
        }
    }
}
