#!/usr/bin/env perl
# A lead list API with Mojolicious, JSON::Validator and SQLite.
use Mojolicious::Lite -signatures;

use Cpanel::JSON::XS (); # Mojo::JSON parses with it if it is there; unlike the parser in Perl it refuses deep nesting.
use JSON::Validator;
use Mojo::JSON qw(encode_json);
use Mojo::SQLite;
use POSIX qw(floor strftime);
use Time::HiRes qw(time);
use Time::Local qw(timegm_modern);

my $PATH     = '/api/v1/entities/leadlists';
my %SESSIONS = ('camel-session' => 'user_camel', 'llama-session' => 'user_llama');

helper sqlite => sub { state $sqlite = Mojo::SQLite->new("sqlite:$ENV{DATABASE_FILE}") };

helper fail => sub ($c, $status, $code, $message, %more) {
    $c->render(status => $status, json => {error => {code => $code, message => $message, %more}});
};

helper bad_request => sub ($c, @details) {
    $c->fail(400, 'BAD_REQUEST', 'Request body validation failed.', details => \@details);
};

helper current_user => sub ($c) {
    my ($token) = ($c->req->headers->authorization // '') =~ /\ABearer ([\w.-]+)\z/i;
    $token //= $c->cookie('__session');
    return defined $token ? $SESSIONS{$token} : undef;
};

my $schema = JSON::Validator->new->schema({
    type       => 'object',
    required   => [qw(name icpId startDate endDate personIds)],
    properties => {
        name       => {type => 'string'},
        type       => {type => 'string', enum => [qw(person company)]},
        icpId      => {type => [qw(string null)], format => 'uuid'},
        startDate  => {type => 'string', format => 'instant'},
        endDate    => {type => 'string', format => 'instant'},
        personIds  => {type => 'array', items => {type => 'string'}},
        companyIds => {type => 'array', items => {type => 'string', format => 'uuid'}},
    },
})->schema;
$schema->formats->{instant} = sub ($text) { defined instant($text) ? undef : 'Not an ISO 8601 timestamp.' };
$schema->formats->{uuid} = sub ($text) {
    !defined $text || $text =~ /\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\z/i ? undef : 'Not a UUID.';
};

# The text of an instant in UTC with milliseconds, or undef if there is no such instant.
sub instant ($text) {
    my ($day, $time, $fraction, $sign, $hours, $minutes) = $text
        =~ /\A(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))\z/a or return undef;
    my ($year, $month, $date) = split /-/, $day;
    my ($hour, $minute, $second) = split /:/, $time;
    my $seconds = eval { timegm_modern($second, $minute, $hour, $date, $month - 1, $year) } // return undef;
    if ($sign) {
        return undef if $hours > 23 || $minutes > 59;
        $seconds -= ($sign eq '-' ? -60 : 60) * ($hours * 60 + $minutes);
    }
    my @parts = gmtime $seconds;
    return undef if $parts[5] + 1900 < 1 || $parts[5] + 1900 > 9999;
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02d.%sZ', $parts[5] + 1900, $parts[4] + 1, @parts[3, 2, 1, 0],
        substr(($fraction // '') . '000', 0, 3);
}

sub now () {
    my $time = time;
    return sprintf '%s.%03dZ', strftime('%Y-%m-%dT%H:%M:%S', gmtime $time), floor(($time - floor $time) * 1000);
}

sub uuid4 () {
    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!";
    read $random, my $bytes, 16;
    my @bytes = unpack 'C16', $bytes;
    $bytes[6] = $bytes[6] & 0x0f | 0x40;
    $bytes[8] = $bytes[8] & 0x3f | 0x80;
    return sprintf '%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x', @bytes;
}

post $PATH => sub ($c) {
    my $user = $c->current_user or return $c->fail(401, 'UNAUTHORIZED', 'User is not authenticated.');
    my $input = $c->req->json;
    return $c->bad_request({path => '/', message => 'The body must be a JSON object.'}) unless ref $input eq 'HASH';
    my @errors = $schema->validate($input);
    return $c->bad_request(map { +{path => $_->path, message => $_->message} } @errors) if @errors;

    my $now  = now;
    my $list = {
        id         => uuid4,
        icpId      => defined $input->{icpId} ? lc $input->{icpId} : undef,
        name       => $input->{name},
        type       => $input->{type} // 'person',
        startDate  => instant($input->{startDate}),
        endDate    => instant($input->{endDate}),
        personIds  => $input->{personIds},
        companyIds => $input->{companyIds} // [],
        userIds    => [$user],
        createdAt  => $now,
        updatedAt  => $now,
    };
    my %row = map { $_ => ref $list->{$_} ? encode_json($list->{$_}) : $list->{$_} } keys %$list;
    $c->sqlite->db->insert('lead_lists', \%row);
    $c->render(status => 201, json => $list);
};

any $PATH => sub ($c) {
    $c->res->headers->header(Allow => 'POST');
    $c->fail(405, 'METHOD_NOT_ALLOWED', 'Use POST.');
};

any '/*whatever' => {whatever => ''} => sub ($c) { $c->fail(404, 'NOT_FOUND', 'There is nothing at this path.') };

# Mojolicious lets the query override the method; nothing here wants that.
hook before_dispatch => sub ($c) { $c->req->url->query->remove('_method') };

hook around_dispatch => sub ($next, $c) {
    return if eval { $next->(); 1 };
    $c->app->log->error($@);
    $c->fail(500, 'INTERNAL_ERROR', 'An unexpected server error occurred.');
};

# perl app.pl ready URL: wait until the server answers, then print where it is and who may sign in.
if (@ARGV && $ARGV[0] eq 'ready') {
    require Mojo::UserAgent;
    my $agent = Mojo::UserAgent->new(connect_timeout => 1);
    select undef, undef, undef, 0.1 until $agent->get($ARGV[1])->res->code;
    my @users = map { +{id => $SESSIONS{$_}, token => $_} } sort keys %SESSIONS;
    print encode_json({url => $ARGV[1], users => \@users}), "\n";
    exit;
}
app->log->level('warn');
app->sqlite->migrations->from_data(main => 'schema.sql')->migrate; # before the workers start
app->start;

__DATA__

@@ schema.sql
-- 1 up
CREATE TABLE lead_lists (
    id TEXT PRIMARY KEY, icpId TEXT, name TEXT NOT NULL, type TEXT NOT NULL,
    startDate TEXT NOT NULL, endDate TEXT NOT NULL, personIds TEXT NOT NULL, companyIds TEXT NOT NULL,
    userIds TEXT NOT NULL, createdAt TEXT NOT NULL, updatedAt TEXT NOT NULL
);
-- 1 down
DROP TABLE lead_lists;
