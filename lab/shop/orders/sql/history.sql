SELECT o.id, o.total_cents, o.status,
       (SELECT count(*) FROM order_items i WHERE i.order_id = o.id) AS items
FROM orders o WHERE o.customer_id = $1 ORDER BY o.created_at DESC LIMIT 10
