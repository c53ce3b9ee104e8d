//! The dialect of statements: that of `PostgreSQL`, and what tables of ninety columns ask for: `SELECT * EXCLUDE (…)`, or
//! `EXCEPT (…)`, and `ORDER BY ALL`.

use std::any::TypeId;

use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};

/// The dialect of statements.
#[derive(Debug)]
pub(crate) struct SqlDialect;

const POSTGRES: PostgreSqlDialect = PostgreSqlDialect {};

/// What a statement that reads may have, as `PostgreSQL` has it.
macro_rules! as_in_postgres {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($argument: $kind),*) -> $answer {
            POSTGRES.$name($($argument),*)
        })*
    };
}

impl Dialect for SqlDialect {
    /// What the parser does for `PostgreSQL` alone, it does here.
    fn dialect(&self) -> TypeId {
        TypeId::of::<PostgreSqlDialect>()
    }

    fn supports_select_wildcard_exclude(&self) -> bool {
        true
    }

    fn supports_select_wildcard_except(&self) -> bool {
        true
    }

    fn supports_order_by_all(&self) -> bool {
        true
    }

    /// `a IS DISTINCT FROM b AND c`: sqlparser takes all that follows for what `a` is held against.
    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        expr: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        const DISTINCT: [Keyword; 3] = [Keyword::IS, Keyword::DISTINCT, Keyword::FROM];
        const ALIKE: [Keyword; 4] = [Keyword::IS, Keyword::NOT, Keyword::DISTINCT, Keyword::FROM];
        let of: fn(Box<Expr>, Box<Expr>) -> Expr = if parser.parse_keywords(&DISTINCT) {
            Expr::IsDistinctFrom
        } else if parser.parse_keywords(&ALIKE) {
            Expr::IsNotDistinctFrom
        } else {
            return None;
        };
        let expr = Box::new(expr.clone());
        Some(parser.parse_subexpr(precedence).map(|other| of(expr, Box::new(other))))
    }

    as_in_postgres! {
        identifier_quote_style(identifier: &str) -> Option<char>;
        is_delimited_identifier_start(letter: char) -> bool;
        is_identifier_start(letter: char) -> bool;
        is_identifier_part(letter: char) -> bool;
        is_custom_operator_part(letter: char) -> bool;
        is_reserved_for_identifier(keyword: Keyword) -> bool;
        get_next_precedence(parser: &Parser<'_>) -> Option<Result<u8, ParserError>>;
        prec_value(of: Precedence) -> u8;
        allow_extract_custom() -> bool;
        allow_extract_single_quotes() -> bool;
        supports_array_typedef_with_brackets() -> bool;
        supports_bitwise_shift_operators() -> bool;
        supports_comma_separated_trim() -> bool;
        supports_empty_projections() -> bool;
        supports_explain_with_utility_options() -> bool;
        supports_factorial_operator() -> bool;
        supports_filter_during_aggregation() -> bool;
        supports_group_by_expr() -> bool;
        supports_interval_options() -> bool;
        supports_named_fn_args_with_colon_operator() -> bool;
        supports_named_fn_args_with_expr_name() -> bool;
        supports_nested_comments() -> bool;
        supports_notnull_operator() -> bool;
        supports_numeric_literal_underscores() -> bool;
        supports_select_wildcard_with_alias() -> bool;
        supports_string_escape_constant() -> bool;
        supports_unicode_string_literal() -> bool;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statements that differ between dialects.
    #[test]
    fn a_statement_means_what_it_means_in_postgres() {
        for sql in [
            r#"SELECT "Größe", größe, a$b FROM t"#,
            r"SELECT E'\n', U&'\0041', $$text$$, 1_000",
            "SELECT a->>'b' = 'c' AND b->'c'->>'d' IS NOT NULL OR NOT c @> d",
            "SELECT a::bigint + 1, a[1][2], b NOTNULL, x << 2, !5, a || b LIKE c",
            "SELECT count(*) FILTER (WHERE x > 1), extract('epoch' FROM t), trim('a', b)",
            "SELECT date_trunc('day', t) AS d FROM t GROUP BY 1, CUBE (a, b) /* a /* b */ c */",
            "SELECT interval '1 day', interval '1' DAY, f(a => 1, b := 2) FROM t",
        ] {
            let ours = Parser::parse_sql(&SqlDialect, sql);
            assert_eq!(ours, Parser::parse_sql(&POSTGRES, sql), "{sql}");
            assert!(ours.is_ok() || sql.contains("!5") || sql.contains(":="), "{sql}: {ours:?}");
        }
        for ours in [
            "SELECT * EXCLUDE (a, b) FROM t",
            "SELECT * EXCEPT (a, b) FROM t EXCEPT SELECT * FROM u",
            "SELECT a FROM t ORDER BY ALL",
        ] {
            assert!(Parser::parse_sql(&SqlDialect, ours).is_ok(), "{ours}");
        }
    }
}
