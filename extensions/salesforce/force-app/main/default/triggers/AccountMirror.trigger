/** Keeps versions and journal of the values that Counterpart mirrors; see MirrorJournal. */
trigger AccountMirror on Account(before insert, before update) {
    new MirrorJournal(MirrorFields.FOR_ACCOUNT).beforeSave(Trigger.new, Trigger.oldMap);
}
