SELECT id, name, price_cents FROM products WHERE category = $1 ORDER BY popularity DESC LIMIT 20
