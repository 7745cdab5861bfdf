-- Data of the shop, the same in every run.
SELECT setseed(0.42);
INSERT INTO products
SELECT id, 'Product ' || id, repeat('A fine thing for house and garden. ', 4), 1 + id % 40, 300 + (id * 37) % 9000,
       (id * 7919) % 1500
FROM generate_series(1, 1500) AS id;
INSERT INTO reviews (product_id, stars, body)
SELECT 1 + n % 1500, 1 + (n * 31) % 5,
       'I bought it for the garden and ' || CASE n % 3 WHEN 0 THEN 'recommend it' WHEN 1 THEN 'it is great' ELSE 'would not buy it again' END
FROM generate_series(1, 150000) AS n;
INSERT INTO orders (customer_id, total_cents, status, created_at)
SELECT 1 + n % 50000, 1000 + n % 20000, 'confirmed', now() - n * interval '20 seconds' FROM generate_series(1, 400000) AS n;
INSERT INTO order_items (order_id, product_id, price_cents)
SELECT 1 + n % 400000, 1 + n % 1500, 300 + n % 9000 FROM generate_series(1, 3000000) AS n;
