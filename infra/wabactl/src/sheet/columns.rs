use csv::StringRecord;

use super::Reason;

/// A column of the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    VendorId,
    BusinessName,
    PhoneNumber,
    WasenderInstanceId,
    WasenderWebhookSecret,
    WasenderApiKey,
    Provider,
    Language,
    AutoReply,
    Plan,
    AccountProtection,
    DailyCap,
    Jitter,
    AnswerGroups,
    TypedPauseMinutes,
}

impl Column {
    /// What every sheet has, in the order of its header.
    const NEEDED: [Self; 6] = [
        Self::VendorId,
        Self::BusinessName,
        Self::PhoneNumber,
        Self::WasenderInstanceId,
        Self::WasenderWebhookSecret,
        Self::WasenderApiKey,
    ];
    /// What may follow, in any order.
    const OPTIONAL: [Self; 9] = [
        Self::Provider,
        Self::Language,
        Self::AutoReply,
        Self::Plan,
        Self::AccountProtection,
        Self::DailyCap,
        Self::Jitter,
        Self::AnswerGroups,
        Self::TypedPauseMinutes,
    ];

    /// The column's name in the header, which is the field's in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VendorId => "vendorId",
            Self::BusinessName => "businessName",
            Self::PhoneNumber => "phoneNumber",
            Self::WasenderInstanceId => "wasenderInstanceId",
            Self::WasenderWebhookSecret => "wasenderWebhookSecret",
            Self::WasenderApiKey => "wasenderApiKey",
            Self::Provider => "provider",
            Self::Language => "language",
            Self::AutoReply => "autoReply",
            Self::Plan => "plan",
            Self::AccountProtection => "accountProtection",
            Self::DailyCap => "dailyCap",
            Self::Jitter => "jitter",
            Self::AnswerGroups => "answerGroups",
            Self::TypedPauseMinutes => "typedPauseMinutes",
        }
    }
}

/// Where a sheet has which column.
pub(super) struct Columns(Vec<Column>);

impl Columns {
    /// The columns that the header names.
    pub(super) fn read(header: Option<&StringRecord>) -> Result<Self, Reason> {
        let header = header.ok_or(Reason::Header)?;
        let begins_right = Column::NEEDED
            .iter()
            .enumerate()
            .all(|(place, column)| header.get(place) == Some(column.name()));
        if !begins_right {
            return Err(Reason::Header);
        }
        let mut columns = Column::NEEDED.to_vec();
        for (place, name) in header.iter().enumerate().skip(columns.len()) {
            let known = Column::OPTIONAL
                .into_iter()
                .find(|column| column.name() == name && !columns.contains(column));
            columns.push(known.ok_or(Reason::UnknownColumn(place + 1))?);
        }
        Ok(Self(columns))
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The optional ones that this sheet has.
    pub(super) fn optional(&self) -> Vec<Column> {
        self.0[Column::NEEDED.len()..].to_vec()
    }

    /// A cell of a row that has as many cells as the header; nothing, if the sheet has no such column.
    pub(super) fn text<'a>(&self, column: Column, record: &'a StringRecord) -> &'a str {
        let place = self.0.iter().position(|known| *known == column);
        place
            .and_then(|place| record.get(place))
            .unwrap_or_default()
    }
}

/// The names of these columns, as a header has them.
fn names(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
    names.join(",")
}

/// How every header begins.
pub(super) fn needed() -> String {
    names(&Column::NEEDED)
}

/// What may follow it.
pub(super) fn optional() -> String {
    names(&Column::OPTIONAL)
}
