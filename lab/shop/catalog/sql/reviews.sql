-- How many reviews recommend the product, and the mean of the stars.
SELECT count(*) FILTER (WHERE to_tsvector('english', body) @@ to_tsquery('english', 'recommend | great')) AS reviews,
       coalesce(avg(stars), 0)::float8 AS rating
FROM reviews WHERE product_id = $1
