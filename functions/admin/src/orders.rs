//! Customers' orders, which the back office tells of and the built-in engine answers from.

use domain::config::WrongPart;
use domain::order::{FIELDS, Order};
use domain::{OrderId, PhoneNumber, VendorId, limits};
use flows::problem::{self, Problem};
use http_api::Query;
use platform::tables::{OrderPage, OrderPut};
use serde_json::{Map, Value, json};

use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Scope};
use crate::listing::{bad_cursor, bad_query, limit};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

const ALL: &str = "/vendors/{vendorId}/orders";
const ONE: &str = "/vendors/{vendorId}/orders/{orderId}";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", ALL, Scope::Read, |app, call| {
        Box::pin(app.list_orders(call))
    }),
    Route::new("POST", ALL, Scope::Manage, |app, call| {
        Box::pin(app.put_orders(call))
    }),
    Route::new("GET", ONE, Scope::Read, |app, call| {
        Box::pin(app.get_order(call))
    }),
    Route::new("PUT", ONE, Scope::Manage, |app, call| {
        Box::pin(app.put_order(call))
    }),
    Route::new("DELETE", ONE, Scope::Manage, |app, call| {
        Box::pin(app.delete_order(call))
    }),
];

impl App {
    /// A vendor's orders by their ids, or the newest ones of one customer.
    async fn list_orders(&self, call: Call<'_>) -> Answer {
        let (vendor, query) = (&call.vendor()?, call.query);
        let (limit, start) = (limit(query)?, start(query)?);
        let phone = self.customer(query)?;
        self.row(vendor).await?;
        let tables = &self.platform.tables;
        let page = match phone {
            Some(phone) => {
                let orders = tables.orders_of(vendor, &phone, limit).await;
                orders.map(|orders| OrderPage { orders, next: None })
            }
            None => tables.orders(vendor, limit, start).await,
        };
        let page = page.map_err(|error| unavailable(&error))?;
        let next = page.next.map(|id| hex::encode(id.as_str()));
        let answer = json!({ "orders": page.orders, "nextCursor": next });
        Ok(problem::json(200, &answer))
    }

    fn customer(&self, query: &Query) -> Result<Option<PhoneNumber>, Problem> {
        let Some(text) = query.first("customerPhone") else {
            return Ok(None);
        };
        let phone = PhoneNumber::parse(text, &self.default_country);
        phone
            .map(Some)
            .map_err(|error| bad_query("customerPhone", error))
    }

    async fn get_order(&self, call: Call<'_>) -> Answer {
        let vendor = &call.vendor()?;
        let id = OrderId::parse(call.parameter("orderId")).map_err(|_| no_such_order())?;
        self.row(vendor).await?;
        let order = self.platform.tables.order(vendor, &id).await;
        let order = order.map_err(|error| unavailable(&error))?;
        Ok(problem::json(200, &json!(order.ok_or_else(no_such_order)?)))
    }

    /// Writes an order whole, unless a later state of it is known.
    async fn put_order(&self, call: Call<'_>) -> Answer {
        let vendor = &call.vendor()?;
        let id = OrderId::parse(call.parameter("orderId"));
        let id = id.map_err(|error| bad_query("orderId", error))?;
        // What it has that nobody knows is noted by its reading.
        let fields = Fields::checked(call.body, &FIELDS, &mut Wrong::default())?;
        let read = self.read_order(id, fields.members());
        let order = read.map_err(refused)?;
        self.row(vendor).await?;
        let now = self.platform.clock.now();
        let put = self.platform.tables.put_order(vendor, &order, now).await;
        let OrderPut::Stored(before) = put.map_err(|error| unavailable(&error))? else {
            return Err(outdated());
        };
        let status = if before.is_some() { 200 } else { 201 };
        let before = before.map_or(Value::Null, |before| noted(&before));
        call.change.note(before, noted(&order));
        tracing::info!(vendor.id = %vendor, "an order was kept");
        Ok(problem::json(status, &json!(order)))
    }

    /// Writes up to 100 orders, each by itself; the answer says of each what became of it.
    async fn put_orders(&self, call: Call<'_>) -> Answer {
        let vendor = &call.vendor()?;
        let fields = Fields::read(call.body, &["orders"])?;
        let listed = fields.members().get("orders").and_then(Value::as_array);
        let most = limits::ORDERS_AT_ONCE;
        let listed = listed.filter(|it| (1..=most).contains(&it.len()));
        let listed = listed
            .ok_or_else(|| invalid("orders", format_args!("must be a list of 1 to {most}")))?;
        self.row(vendor).await?;
        let mut seen = Vec::with_capacity(listed.len());
        let mut results = Vec::with_capacity(listed.len());
        let mut stored = 0;
        let mut has_failed = false;
        for item in listed {
            // A store that does not answer would keep the rest waiting until nobody is told anything.
            let (result, errors) = if has_failed {
                ("failed", Vec::new())
            } else {
                self.put_listed(vendor, item, &mut seen).await
            };
            has_failed |= result == "failed";
            stored += u32::from(result == "stored");
            let id = item.get("orderId").and_then(Value::as_str);
            let id = id.map(|id| id.chars().take(64).collect::<String>());
            results.push(json!({ "orderId": id, "result": result, "errors": errors }));
        }
        call.change.note(Value::Null, json!({ "stored": stored }));
        tracing::info!(vendor.id = %vendor, stored, "orders were kept");
        let answer = json!({ "stored": stored, "results": results });
        Ok(problem::json(200, &answer))
    }

    async fn put_listed(
        &self,
        vendor: &VendorId,
        item: &Value,
        seen: &mut Vec<OrderId>,
    ) -> (&'static str, Vec<Value>) {
        let order = self.read_listed(item, seen);
        let order = match order {
            Ok(order) => order,
            Err(parts) => {
                let error = |part: WrongPart| json!({ "field": part.field, "detail": part.detail });
                return ("invalid", parts.into_iter().map(error).collect());
            }
        };
        seen.push(order.order_id.clone());
        let now = self.platform.clock.now();
        let result = match self.platform.tables.put_order(vendor, &order, now).await {
            Ok(OrderPut::Stored(_)) => "stored",
            Ok(OrderPut::Outdated) => "outdated",
            Err(error) => {
                tracing::error!(vendor.id = %vendor, error = %error, "an order of several was not kept");
                "failed"
            }
        };
        (result, Vec::new())
    }

    fn read_listed(&self, item: &Value, seen: &[OrderId]) -> Result<Order, Vec<WrongPart>> {
        let wrong = |field: &str, detail: &str| {
            vec![WrongPart {
                field: field.to_owned(),
                detail: detail.to_owned(),
            }]
        };
        let Some(members) = item.as_object() else {
            return Err(wrong("", "must be an object"));
        };
        let mut members = members.clone();
        let id = members.remove("orderId");
        let id = OrderId::parse(id.as_ref().and_then(Value::as_str).unwrap_or_default());
        let id = id.map_err(|error| wrong("orderId", &error.to_string()))?;
        if seen.contains(&id) {
            return Err(wrong("orderId", "another one of the list has this id"));
        }
        self.read_order(id, &members)
    }

    fn read_order(
        &self,
        id: OrderId,
        members: &Map<String, Value>,
    ) -> Result<Order, Vec<WrongPart>> {
        let now = self.platform.clock.now();
        Order::read(id, members, (&self.default_country, now))
    }

    async fn delete_order(&self, call: Call<'_>) -> Answer {
        let vendor = &call.vendor()?;
        let id = OrderId::parse(call.parameter("orderId")).map_err(|_| no_such_order())?;
        self.row(vendor).await?;
        let deleted = self.platform.tables.delete_order(vendor, &id).await;
        let deleted = deleted.map_err(|error| unavailable(&error))?;
        let order = deleted.ok_or_else(no_such_order)?;
        call.change.note(noted(&order), Value::Null);
        tracing::info!(vendor.id = %vendor, "an order was deleted");
        let answer = json!({ "orderId": id.as_str(), "deleted": true });
        Ok(problem::json(200, &answer))
    }
}

/// All that is wrong with an order.
fn refused(parts: Vec<WrongPart>) -> Problem {
    let mut wrong = Wrong::default();
    for part in parts {
        wrong.checked(Err::<(), _>(invalid(&part.field, part.detail)));
    }
    let nothing_wrong = || invalid("customerPhone", "can't be read");
    wrong.none().err().unwrap_or_else(nothing_wrong)
}

/// An order as the record of changes has it: not whose it is.
fn noted(order: &Order) -> Value {
    json!({ "orderId": order.order_id.as_str(), "status": order.status, "updatedAt": order.updated_at.to_string() })
}

fn start(query: &Query) -> Result<Option<OrderId>, Problem> {
    let read = |cursor: &str| {
        let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
        OrderId::parse(&text).ok()
    };
    let start = query.first("cursor");
    start
        .map(|cursor| read(cursor).ok_or_else(bad_cursor))
        .transpose()
}

fn no_such_order() -> Problem {
    let detail = "no order of this vendor has this id";
    Problem::new(404, "no_such_order", "Not found", detail)
}

fn outdated() -> Problem {
    let detail = "a later state of this order is kept";
    let problem = Problem::new(409, "outdated", "Outdated", detail);
    problem.hint("nothing is to be done; to put it back, send a later updatedAt")
}
