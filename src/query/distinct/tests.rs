//! Against DataFusion's own functions: the same answers, batch by batch, emitted at once and in parts.

use arrow::array::{AsArray as _, BooleanArray, ListArray, StringViewArray};
use arrow::datatypes::Int64Type;

use super::*;

fn groups(outcome: Outcome) -> DistinctGroups {
    DistinctGroups::new(DataType::Utf8View, outcome).unwrap()
}

fn texts(values: &[Option<&str>]) -> Vec<ArrayRef> {
    vec![Arc::new(StringViewArray::from(values.to_vec()))]
}

fn counts(array: &ArrayRef) -> Vec<i64> {
    array.as_primitive::<Int64Type>().values().to_vec()
}

fn lists(array: &ArrayRef) -> Vec<Option<Vec<Option<String>>>> {
    let of = |list: ArrayRef| {
        list.as_string_view().iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
    };
    array.as_list::<i32>().iter().map(|list| list.map(of)).collect()
}

const A: Option<&str> = Some("a");
const B: Option<&str> = Some("a value that is longer than what a view holds");

#[test]
fn each_value_counts_once_for_each_group_and_null_does_not() {
    let mut set = groups(Outcome::Count);
    set.update_batch(&texts(&[A, B, A, None, A]), &[0, 0, 0, 1, 2], None, 3).unwrap();
    set.update_batch(&texts(&[A, B, B]), &[0, 2, 3], None, 5).unwrap();
    assert_eq!(counts(&set.evaluate(EmitTo::All).unwrap()), [2, 0, 2, 1, 0]);
    // As good as new.
    set.update_batch(&texts(&[A]), &[0], None, 1).unwrap();
    assert_eq!(counts(&set.evaluate(EmitTo::All).unwrap()), [1]);
}

#[test]
fn what_a_filter_leaves_out_does_not_count() {
    let filter = BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]);
    for outcome in [Outcome::Count, Outcome::List] {
        let mut set = groups(outcome);
        let values = texts(&[A, B, B, None]);
        let state = set.convert_to_state(&values, Some(&filter)).unwrap();
        set.update_batch(&values, &[0, 0, 0, 0], Some(&filter), 2).unwrap();
        set.merge_batch(&state, &[0, 1, 1, 1], 2).unwrap();
        let result = set.evaluate(EmitTo::All).unwrap();
        match outcome {
            Outcome::Count => assert_eq!(counts(&result), [1, 0]),
            Outcome::List => {
                let text = A.map(str::to_owned);
                assert_eq!(lists(&result), [Some(vec![text, None]), Some(vec![None])]);
            }
        }
    }
}

#[test]
fn groups_are_emitted_in_parts_and_the_others_keep_their_values() {
    let mut set = groups(Outcome::Count);
    set.update_batch(&texts(&[A, B, B, A]), &[0, 1, 2, 2], None, 3).unwrap();
    let first = set.state(EmitTo::First(1)).unwrap();
    set.update_batch(&texts(&[A, A]), &[0, 1], None, 2).unwrap();
    assert_eq!(counts(&set.evaluate(EmitTo::First(1)).unwrap()), [2]);
    set.merge_batch(&first, &[1], 2).unwrap();
    assert_eq!(counts(&set.evaluate(EmitTo::All).unwrap()), [2, 1]);
}

#[test]
fn a_list_has_its_values_in_their_order_and_no_value_is_null() {
    let mut set = groups(Outcome::List);
    set.update_batch(&texts(&[B, A, A, None]), &[0, 0, 0, 2], None, 3).unwrap();
    let text = |text: Option<&str>| text.map(str::to_owned);
    let expected = [Some(vec![text(A), text(B)]), None, Some(vec![None])];
    assert_eq!(lists(&set.evaluate(EmitTo::All).unwrap()), expected);
}

#[test]
fn slices_of_lists_are_merged_by_their_own_offsets() {
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1), Some(2)]),
        Some(vec![Some(3)]),
        Some(vec![Some(3), Some(4)]),
    ]);
    let mut set = DistinctGroups::new(DataType::Int64, Outcome::Count).unwrap();
    set.merge_batch(&[Arc::new(lists.slice(1, 2))], &[0, 0], 1).unwrap();
    assert_eq!(counts(&set.evaluate(EmitTo::All).unwrap()), [2]);
}

#[test]
fn one_group_says_what_many_do() {
    let mut first = OneGroup::new(groups(Outcome::Count));
    assert_eq!(first.evaluate().unwrap(), ScalarValue::Int64(Some(0)));
    first.update_batch(&texts(&[A, A])).unwrap();
    let mut second = OneGroup::new(groups(Outcome::Count));
    second.update_batch(&texts(&[A, B])).unwrap();
    let states = [first.state().unwrap(), second.state().unwrap()];
    let mut both = OneGroup::new(groups(Outcome::Count));
    for state in states {
        both.merge_batch(&[state[0].to_array().unwrap()]).unwrap();
    }
    assert_eq!(both.evaluate().unwrap(), ScalarValue::Int64(Some(2)));
}
