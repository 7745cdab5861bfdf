WITH placed AS (
    INSERT INTO orders (customer_id, total_cents, status) VALUES ($1, $2, 'placed') RETURNING id
), items AS (
    INSERT INTO order_items (order_id, product_id, price_cents)
    SELECT placed.id, item.product, item.price FROM placed, unnest($3::int[], $4::int[]) AS item (product, price)
)
SELECT id FROM placed
