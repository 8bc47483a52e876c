//! Orders, as vendors' back offices tell of them.

use aws::dynamodb::{ReturnValue, is_condition_failed};
use domain::order::Order;
use domain::{OrderId, PhoneNumber, VendorId, limits};
use jiff::{SignedDuration, Timestamp};

use super::Tables;
use super::item::{Item, Reader, Writer, json, key, ms, n, s, seconds};
use crate::error::AwsError;

/// How the writing of an order ended.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderPut {
    /// It was written, in the place of this one.
    Stored(Option<Box<Order>>),
    /// A later state of it is kept already.
    Outdated,
}

/// One page of a vendor's orders, and where the next begins.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderPage {
    pub orders: Vec<Order>,
    pub next: Option<OrderId>,
}

impl Tables {
    /// Writes an order, unless a later state of it is kept.
    pub async fn put_order(
        &self,
        vendor: &VendorId,
        order: &Order,
        now: Timestamp,
    ) -> Result<OrderPut, AwsError> {
        let attempted = "keeping an order";
        let listed = order.listed_at().as_millisecond().max(0);
        let expires = now.checked_add(SignedDuration::from_hours(24 * limits::ORDER_DAYS));
        let item = Writer::at(order_key(vendor, &order.order_id))
            .with("customer", s(customer(vendor, &order.customer_phone)))
            .with("listKey", s(format!("{listed:013}#{}", order.order_id)))
            .with("order", json(order))
            .with("updatedAt", ms(order.updated_at))
            .with("expiresAt", seconds(expires.unwrap_or(Timestamp::MAX)))
            .with("schema", n(1));
        let request = self
            .client
            .put_item()
            .table_name(&self.names.orders)
            .item(item.item())
            .condition_expression("attribute_not_exists(pk) OR updatedAt <= :updatedAt")
            .expression_attribute_values(":updatedAt", ms(order.updated_at))
            .return_values(ReturnValue::AllOld);
        let error = match request.send().await {
            Ok(answer) => {
                let before = answer.attributes.filter(|old| !old.is_empty());
                let before = before.as_ref().map(read).transpose()?;
                return Ok(OrderPut::Stored(before.map(Box::new)));
            }
            Err(error) => error,
        };
        if is_condition_failed(&error) {
            Ok(OrderPut::Outdated)
        } else {
            Err(AwsError::of(attempted, &error))
        }
    }

    pub async fn order(&self, vendor: &VendorId, id: &OrderId) -> Result<Option<Order>, AwsError> {
        let key = order_key(vendor, id);
        let item = self
            .get("reading an order", &self.names.orders, key)
            .await?;
        item.as_ref().map(read).transpose()
    }

    /// Deletes an order, and answers with it.
    pub async fn delete_order(
        &self,
        vendor: &VendorId,
        id: &OrderId,
    ) -> Result<Option<Order>, AwsError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.names.orders)
            .key(order_key(vendor, id))
            .return_values(ReturnValue::AllOld);
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of("deleting an order", &error))?;
        let before = answer.attributes.filter(|old| !old.is_empty());
        before.as_ref().map(read).transpose()
    }

    /// A vendor's orders in the order of their ids, from after `start`.
    pub async fn orders(
        &self,
        vendor: &VendorId,
        limit: usize,
        start: Option<OrderId>,
    ) -> Result<OrderPage, AwsError> {
        let attempted = "listing orders";
        let request = self
            .client
            .query()
            .table_name(&self.names.orders)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(vendor.as_str()))
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .exclusive_start_key(start.map(|id| order_key(vendor, &id)));
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of(attempted, &error))?;
        let last = answer.last_evaluated_key.as_ref();
        let next = last.map(|last| Reader::new(last, attempted).parsed("sk"));
        Ok(OrderPage {
            orders: answer.items.iter().map(read).collect::<Result<_, _>>()?,
            next: next.transpose()?,
        })
    }

    /// The newest orders of one customer of a vendor's, newest first. One that was written this second may be missing.
    pub async fn orders_of(
        &self,
        vendor: &VendorId,
        phone: &PhoneNumber,
        limit: usize,
    ) -> Result<Vec<Order>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.orders)
            .index_name("by_customer")
            .key_condition_expression("customer = :customer")
            .expression_attribute_values(":customer", s(customer(vendor, phone)))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of("reading a customer's orders", &error))?;
        answer.items.iter().map(read).collect()
    }
}

fn order_key(vendor: &VendorId, id: &OrderId) -> Item {
    key(vendor.as_str(), id.as_str())
}

fn customer(vendor: &VendorId, phone: &PhoneNumber) -> String {
    format!("{vendor}#pn:{}", phone.digits())
}

fn read(item: &Item) -> Result<Order, AwsError> {
    Reader::new(item, "reading an order").json("order")
}
