/** Keeps versions and journal of the values that Counterpart mirrors; see MirrorJournal. */
trigger AccountMirror on Account(before insert, before update) {
    MirrorJournal journal = new MirrorJournal(MirrorFields.FOR_ACCOUNT);
    if (Trigger.isInsert) {
        journal.beforeInsert(Trigger.new);
    } else {
        journal.beforeUpdate(Trigger.new, Trigger.oldMap);
    }
}
