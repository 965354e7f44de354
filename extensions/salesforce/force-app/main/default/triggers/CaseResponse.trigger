/** Records when a case was first answered; see CaseFirstResponse. */
trigger CaseResponse on Case(before update) {
    CaseFirstResponse.onStatus(Trigger.new, Trigger.oldMap);
}
