SELECT id, name, price_cents, description FROM products WHERE id = $1
