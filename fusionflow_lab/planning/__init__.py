"""Planning: from the text of a query to stages that run on chunks, and the SQL that ends them."""
