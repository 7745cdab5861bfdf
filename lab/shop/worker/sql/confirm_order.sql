UPDATE orders SET status = 'confirmed' WHERE id = $1
