/** Keeps versions and journal of the values that Counterpart mirrors; see MirrorJournal. */
trigger OpportunityMirror on Opportunity(before insert, before update) {
    MirrorJournal journal = new MirrorJournal(MirrorFields.FOR_OPPORTUNITY);
    if (Trigger.isInsert) {
        journal.beforeInsert(Trigger.new);
    } else {
        journal.beforeUpdate(Trigger.new, Trigger.oldMap);
    }
}
