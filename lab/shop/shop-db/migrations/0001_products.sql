CREATE TABLE products (
    id int PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    category int NOT NULL,
    price_cents int NOT NULL,
    popularity int NOT NULL
);
CREATE INDEX products_category ON products (category, popularity DESC);
CREATE TABLE reviews (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id int NOT NULL REFERENCES products,
    stars smallint NOT NULL,
    body text NOT NULL
);
CREATE INDEX reviews_product ON reviews (product_id);
