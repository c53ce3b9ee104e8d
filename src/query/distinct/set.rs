//! The distinct values of many groups in one set: each value once, and pairs of a group and a value.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Int64Array, ListArray, UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{SortOptions, filter, sort_to_indices, take};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{HashSet, Result, exec_datafusion_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use super::{Outcome, list_field};

/// The distinct values of each group.
pub(super) struct DistinctGroups {
    data_type: DataType,
    outcome: Outcome,
    /// Gives each value a number.
    values: Box<dyn GroupValues>,
    /// Group and value in one number: the group in the upper half.
    pairs: HashSet<u64>,
    /// How many values each group has.
    counts: Vec<u32>,
    numbers: Vec<usize>,
}

impl std::fmt::Debug for DistinctGroups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("DistinctGroups");
        debug.field("groups", &self.counts.len()).field("pairs", &self.pairs.len()).finish()
    }
}

impl DistinctGroups {
    pub(super) fn new(data_type: DataType, outcome: Outcome) -> Result<Self> {
        let values = interner(&data_type)?;
        Ok(Self {
            data_type,
            outcome,
            values,
            pairs: HashSet::default(),
            counts: Vec::new(),
            numbers: Vec::new(),
        })
    }

    /// Makes groups known that may have no values.
    pub(super) fn see_groups(&mut self, total: usize) {
        if self.counts.len() < total {
            self.counts.resize(total, 0);
        }
    }

    /// Adds the value of each row to a group.
    fn insert(&mut self, values: &ArrayRef, groups: impl Iterator<Item = usize>) -> Result<()> {
        self.values.intern(std::slice::from_ref(values), &mut self.numbers)?;
        if u32::try_from(self.values.len()).is_err() {
            return Err(exec_datafusion_err!("more than {} distinct values", u32::MAX));
        }
        for (number, group) in self.numbers.iter().zip(groups) {
            if self.pairs.insert((group as u64) << 32 | *number as u64) {
                self.counts[group] += 1;
            }
        }
        Ok(())
    }

    /// Whether a row counts: it passes the filter, and is a value.
    fn counted(
        &self,
        values: &ArrayRef,
        opt_filter: Option<&BooleanArray>,
    ) -> Option<BooleanArray> {
        let nulls = values.logical_nulls().filter(|_| self.outcome == Outcome::Count);
        let passed = opt_filter.map(|filter| match filter.nulls() {
            Some(nulls) => filter.values() & nulls.inner(),
            None => filter.values().clone(),
        });
        let counted = match (nulls, passed) {
            (None, None) => return None,
            (Some(nulls), None) => nulls.into_inner(),
            (None, Some(passed)) => passed,
            (Some(nulls), Some(passed)) => &passed & nulls.inner(),
        };
        Some(BooleanArray::new(counted, None))
    }

    /// Takes groups out; gives how many values each has, and a list of the values.
    fn take_lists(&mut self, emit_to: EmitTo) -> Result<(Vec<u32>, ListArray)> {
        let counts = emit_to.take_needed(&mut self.counts);
        let offsets = OffsetBuffer::<i32>::from_lengths(counts.iter().map(|count| *count as usize));
        let mut next: Vec<usize> = offsets.iter().map(|offset| *offset as usize).collect();
        let mut numbers = vec![0; self.pairs_of(&counts)];
        self.take_pairs(counts.len(), |group, number| {
            numbers[next[group]] = number;
            next[group] += 1;
        });
        let all = self.all_values()?;
        if self.outcome == Outcome::List {
            in_order(&all, &offsets, &mut numbers)?;
        }
        let values = take(&all, &UInt32Array::from(numbers), None)?;
        let lists = ListArray::try_new(list_field(&self.data_type), offsets, values, None)?;
        Ok((counts, lists))
    }

    fn pairs_of(&self, counts: &[u32]) -> usize {
        counts.iter().map(|count| *count as usize).sum()
    }

    /// Takes the pairs of the first groups out; those that stay become the first.
    fn take_pairs(&mut self, groups: usize, mut taken: impl FnMut(usize, u32)) {
        let pairs = std::mem::take(&mut self.pairs);
        for pair in pairs {
            let (group, number) = ((pair >> 32) as usize, pair as u32);
            if group < groups {
                taken(group, number);
            } else {
                self.pairs.insert(((group - groups) as u64) << 32 | u64::from(number));
            }
        }
    }

    /// The values in the order of their numbers.
    fn all_values(&mut self) -> Result<ArrayRef> {
        let all = self.values.emit(EmitTo::All)?.remove(0);
        if self.pairs.is_empty() {
            self.values = interner(&self.data_type)?;
        } else {
            // They get the same numbers again.
            self.values.intern(std::slice::from_ref(&all), &mut self.numbers)?;
        }
        Ok(all)
    }
}

impl GroupsAccumulator for DistinctGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.see_groups(total_num_groups);
        match self.counted(&values[0], opt_filter) {
            None => self.insert(&values[0], group_indices.iter().copied()),
            Some(counted) => {
                let values = filter(&values[0], &counted)?;
                let groups = counted.values().set_indices().map(|row| group_indices[row]);
                self.insert(&values, groups)
            }
        }
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.see_groups(total_num_groups);
        let lists = values[0].as_list::<i32>();
        let offsets = lists.value_offsets();
        let (first, last) = (offsets[0] as usize, offsets[lists.len()] as usize);
        let groups = group_indices
            .iter()
            .zip(offsets.windows(2))
            .flat_map(|(group, of)| std::iter::repeat_n(*group, (of[1] - of[0]) as usize));
        self.insert(&lists.values().slice(first, last - first), groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        if self.outcome == Outcome::List {
            let (counts, lists) = self.take_lists(emit_to)?;
            let (field, offsets, values, _) = lists.into_parts();
            let nulls = NullBuffer::from_iter(counts.iter().map(|count| *count > 0));
            return Ok(Arc::new(ListArray::try_new(field, offsets, values, Some(nulls))?));
        }
        let counts = emit_to.take_needed(&mut self.counts);
        match emit_to {
            EmitTo::All => {
                self.pairs = HashSet::default();
                self.values = interner(&self.data_type)?;
            }
            EmitTo::First(_) => self.take_pairs(counts.len(), |_, _| {}),
        }
        Ok(Arc::new(counts.into_iter().map(i64::from).collect::<Int64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (_, lists) = self.take_lists(emit_to)?;
        Ok(vec![Arc::new(lists)])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let values = &values[0];
        let field = list_field(&self.data_type);
        let lists = match self.counted(values, opt_filter) {
            None => {
                let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(1, values.len()));
                ListArray::try_new(field, offsets, Arc::clone(values), None)?
            }
            Some(counted) => {
                let offsets = OffsetBuffer::from_lengths(counted.values().iter().map(usize::from));
                ListArray::try_new(field, offsets, filter(values, &counted)?, None)?
            }
        };
        Ok(vec![Arc::new(lists)])
    }

    fn size(&self) -> usize {
        // A byte of control for each place in the table.
        self.values.size()
            + self.pairs.capacity() * (size_of::<u64>() + 1)
            + self.counts.capacity() * size_of::<u32>()
            + self.numbers.capacity() * size_of::<usize>()
    }
}

fn interner(data_type: &DataType) -> Result<Box<dyn GroupValues>> {
    let schema = Schema::new(vec![Field::new("value", data_type.clone(), true)]);
    new_group_values(Arc::new(schema), &GroupOrdering::None)
}

/// Puts the numbers of each list into the order of their values, so that every run gives the same.
fn in_order(all: &ArrayRef, offsets: &OffsetBuffer<i32>, numbers: &mut [u32]) -> Result<()> {
    let nulls_last = SortOptions { descending: false, nulls_first: false };
    let sorted = sort_to_indices(all, Some(nulls_last), None)?;
    let mut rank = vec![0_u32; all.len()];
    for (place, number) in (0..).zip(sorted.values()) {
        rank[*number as usize] = place;
    }
    for of in offsets.windows(2) {
        let list = &mut numbers[of[0] as usize..of[1] as usize];
        list.sort_unstable_by_key(|number| rank[*number as usize]);
    }
    Ok(())
}
