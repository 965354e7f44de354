/** Keeps versions and journal of the values that Counterpart mirrors; see MirrorJournal. */
trigger OpportunityMirror on Opportunity(before insert, before update) {
    new MirrorJournal(MirrorFields.FOR_OPPORTUNITY).beforeSave(Trigger.new, Trigger.oldMap);
}
