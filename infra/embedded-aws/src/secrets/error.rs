use crate::journal::JournalError;

/// Why Secrets Manager refuses a request. The texts are those of AWS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    #[error("The operation failed because the secret {0} already exists.")]
    SecretExists(String),
    #[error(
        "You can't use ClientRequestToken {0} because that value is already in use for another version of the secret."
    )]
    TokenInUse(String),
    #[error("Secrets Manager can't find the specified secret.")]
    NotFound,
    #[error("Secrets Manager can't find the specified secret value for staging label: {0}")]
    NoSuchVersion(String),
    #[error(
        "You can't create this secret because a secret with this name is already scheduled for deletion."
    )]
    NameScheduledForDeletion,
    #[error("You can't perform this operation on the secret because it was marked for deletion.")]
    MarkedForDeletion,
    #[error("{0}")]
    InvalidParameter(String),
    #[error("{0}")]
    Serialization(String),
    #[error("The operation {0} is not known.")]
    UnknownOperation(String),
    #[error("{0}")]
    Internal(String),
}

impl SecretsError {
    /// The exception's name in Secrets Manager's model.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SecretExists(_) | Self::TokenInUse(_) => "ResourceExistsException",
            Self::NotFound | Self::NoSuchVersion(_) => "ResourceNotFoundException",
            Self::NameScheduledForDeletion | Self::MarkedForDeletion => "InvalidRequestException",
            Self::InvalidParameter(_) => "InvalidParameterException",
            Self::Serialization(_) => "SerializationException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Internal(_) => "InternalServiceError",
        }
    }

    /// Whether the caller must change its request, as opposed to trying again.
    pub fn is_callers_fault(&self) -> bool {
        !matches!(self, Self::Internal(_))
    }
}

impl From<JournalError> for SecretsError {
    fn from(error: JournalError) -> Self {
        Self::Internal(error.to_string())
    }
}
